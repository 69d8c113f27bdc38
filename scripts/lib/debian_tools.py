"""debian_tools - programs of Debian packages for a test: those that are installed, else unpacked beside the build.

Nothing is installed and no service started: prometheus and prometheus-alertmanager would bring a dozen packages for
their pages and run at once.
"""
import os
import shutil
import subprocess


class Missing(Exception):
    """Neither installed nor to be had."""


def download(package, into):
    return subprocess.run(["apt-get", "download", "-q", package], cwd=into, capture_output=True, text=True)


def unpack(package, into):
    os.makedirs(into, exist_ok=True)
    done = download(package, into)
    if done.returncode != 0 and os.geteuid() == 0:  # perhaps there is no list of packages yet
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True)
        done = download(package, into)
    debs = [name for name in os.listdir(into) if name.startswith(package + "_") and name.endswith(".deb")]
    if done.returncode != 0 or not debs:
        raise Missing(f"apt-get download {package}: {done.stderr.strip()}")
    subprocess.run(["dpkg", "-x", debs[0], "."], cwd=into, check=True)


# Mounted over /usr/share for this program alone: some look there for files of their package.
WITH_SHARE = 'mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@"'


def tool(build, package, name):
    """The program `name` as the beginning of a command."""
    if shutil.which(name):
        return [name]
    into = os.path.join(build, "packages", package)
    path = os.path.join(into, "usr", "bin", name)
    if not os.access(path, os.X_OK):
        unpack(package, into)
    return ["unshare", "-rm", "sh", "-c", WITH_SHARE, os.path.join(into, "usr", "share"), path]
