"""What 10,000 connections that say nothing cost the gateway, after each has reported once.

Run: python benchmarks/gateway_idle.py [--connections N]
"""

import argparse
import os
import platform
import re
import resource
import socket
import subprocess
import sys
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASKED_MB = 300


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=10_000)
    count = parser.parse_args().connections
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < count + 100:
        sys.exit(f"this machine allows {hard} open files, {count} connections need more (ulimit -Hn)")
    sys.path.insert(0, str(ROOT))
    from liangshui.gateway.codecs import sl651

    with tempfile.TemporaryDirectory() as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith("LIANGSHUI_")} | {
            "LIANGSHUI_HOME": home, "LIANGSHUI_GATEWAY_CONNECTIONS_PER_ADDRESS": str(count + 10),
        }  # fmt: skip
        command = [sys.executable, "-m", "liangshui.cli"]
        subprocess.run([*command, "migrate", "-v", "0"], env=env, cwd=ROOT, check=True)
        gateway = subprocess.Popen(
            [*command, "gateway", "--listen", "127.0.0.1:0"], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        try:
            port = int(re.search(r":(\d+)\s*$", gateway.stdout.readline()).group(1))
            alone = memory_mb(gateway.pid)
            when = datetime(2026, 7, 1, 8)  # noqa: DTZ001 - frames carry naive Beijing time
            lines = []
            for n in range(count):
                line = socket.create_connection(("127.0.0.1", port))
                elements = [sl651.element("38", Decimal("12.60"))]
                line.sendall(sl651.encode(sl651.report(0x32, f"{n:010d}", 1, when, obs_time=when, elements=elements)))
                lines.append(line)
            for line in lines:
                line.settimeout(30)
                assert len(line.recv(25)) == 25
            full = memory_mb(gateway.pid)
        finally:
            gateway.terminate()
            gateway.wait()
    print(f"{platform.platform()}, Python {platform.python_version()}")
    print(
        f"alone {alone:.0f} MB; {count:,} connections {full:.0f} MB, {(full - alone) * 1024 / count:.1f} kB each (asked: under {ASKED_MB} MB)"
    )


if __name__ == "__main__":
    main()
