"""relay - a TCP relay that can be cut and healed: a thin link between two nodes, in user space."""
import select
import socket
import threading
import time


class Relay:
    def __init__(self, target_host, target_port, bytes_per_s=None):
        self.target = (target_host, target_port)
        self.bytes_per_s = bytes_per_s  # of each connection, both ways together; None: as fast as it goes. It may change
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        self.is_cut = False
        self.bytes = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self):
        return f"tcp://127.0.0.1:{self.port}"

    def cut(self):
        """Breaks every connection and lets no new one through."""
        with self.lock:
            self.is_cut = True
            for pair in self.pairs:
                for end in pair:
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            self.pairs.clear()

    def heal(self):
        with self.lock:
            self.is_cut = False

    def _reach(self):
        return socket.create_connection(self.target, timeout=5)

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.is_cut:
                    near.close()
                    continue
            try:
                far = self._reach()
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs.append((near, far))
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    def _pump(self, near, far):
        other = {near: far, far: near}
        try:
            while True:
                ready, _, _ = select.select([near, far], [], [], 60)
                for end in ready:
                    data = end.recv(1 << 16)
                    if not data:
                        return
                    self.bytes += len(data)
                    other[end].sendall(data)
                    rate = self.bytes_per_s
                    if rate is not None:
                        time.sleep(len(data) / rate)
        except OSError:
            pass
        finally:
            near.close()
            far.close()
