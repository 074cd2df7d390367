"""Fetches the jars that jgo's lock file names, many at a time: jgo itself resolves and asks for one
file after another. Ends with 1 if it cannot, as when the lock is not of this jgo file, and with 2 if a
jar is not the one that was locked.

    fetch_locked_jars.py FILE LOCK REPOSITORY FOLDER
"""

import hashlib
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.env import LockFile, compute_spec_hash
from jgo.maven import MavenContext

AT_A_TIME = 16


def keep_connections():
    """jgo connects anew for each request, and TLS' greeting is most of the work for a small file."""
    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=AT_A_TIME))
    requests.request = session.request


def main(file, lock_file, repository, folder):
    lock = LockFile.load(Path(lock_file))
    if lock.spec_hash != compute_spec_hash(Path(file)):
        print(f"{lock_file} is not of {file}")
        return 1
    keep_connections()
    context = MavenContext(repo_cache=Path(repository))
    jars = Path(folder) / "jars"
    jars.mkdir(parents=True)

    def fetch(locked):
        component = context.project(locked.groupId, locked.artifactId).at_version(locked.version)
        path = component.artifact(packaging=locked.packaging).resolve()
        # In one write, as others write at the same time.
        sys.stdout.write(f"Downloading {path.name}\n")
        sys.stdout.flush()
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != locked.sha256:
            # The next try asks for it again.
            path.unlink()
            return f"{path.name} is not the jar that was locked: its checksum is {found}"
        try:
            (jars / path.name).hardlink_to(path)
        except OSError:
            shutil.copyfile(path, jars / path.name)

    with ThreadPoolExecutor(AT_A_TIME) as threads:
        changed = [each for each in threads.map(fetch, lock.dependencies) if each]
    print("\n".join(changed))
    return 2 if changed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
