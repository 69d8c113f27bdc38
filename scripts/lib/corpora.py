"""corpora - what the fuzzers have found, kept in tests/fuzz/corpus/NAME.tar.xz.

    python3 scripts/lib/corpora.py unpack build-fuzz    before they run: into build-fuzz/corpus/NAME
    python3 scripts/lib/corpora.py keep build-fuzz      afterwards: of all that is there, the least that reaches as much
"""
import glob
import io
import os
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEPT = os.path.join(ROOT, "tests", "fuzz", "corpus")
BYTES_MAX = 4096  # of a file that is kept: what is longer is found again from what is short


def unpack(build):
    for path in sorted(glob.glob(os.path.join(KEPT, "*.tar.xz"))):
        folder = os.path.join(build, "corpus", os.path.basename(path).removesuffix(".tar.xz"))
        os.makedirs(folder, exist_ok=True)
        with tarfile.open(path) as archive:
            members = archive.getmembers()
            for member in members:
                if not member.isfile() or "/" in member.name:
                    raise SystemExit(f"corpora: {path}: {member.name} is no plain file")
            archive.extractall(folder, members)


def keep(build):
    os.makedirs(KEPT, exist_ok=True)
    for folder in sorted(glob.glob(os.path.join(build, "corpus", "*", ""))):
        name = os.path.basename(os.path.dirname(folder))
        if not os.path.exists(os.path.join(build, "bin", "fuzz_" + name)):
            print(f"corpora: {name}: not built, left as it is")
            continue
        with tempfile.TemporaryDirectory() as least:
            subprocess.run([os.path.join(build, "bin", "fuzz_" + name), "-merge=1", f"-max_len={BYTES_MAX}", least, folder],
                           check=True, capture_output=True)
            files = [file for file in sorted(os.listdir(least)) if os.path.getsize(os.path.join(least, file)) <= BYTES_MAX]
            with tarfile.open(os.path.join(KEPT, name + ".tar.xz"), "w:xz") as archive:
                for file in files:
                    with open(os.path.join(least, file), "rb") as found:
                        data = found.read()
                    member = tarfile.TarInfo(file)  # no time and no owner: the same files are the same archive
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
        print(f"corpora: {name}: {len(files)} files, {os.path.getsize(os.path.join(KEPT, name + '.tar.xz'))} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("unpack", "keep"):
        sys.exit(__doc__)
    {"unpack": unpack, "keep": keep}[sys.argv[1]](os.path.abspath(sys.argv[2]))
