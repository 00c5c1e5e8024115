"""Breaks the product's rules one by one (mutations.toml) and demands that the simulation finds every one out.

Works on a copy of the tree; its build folder is CARGO_TARGET_DIR or target/mutations/build.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRATCH = pathlib.Path(os.environ.get("MUTATIONS_SCRATCH", ROOT / "target/mutations"))
TREE = SCRATCH / "tree"
BUILD = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", SCRATCH / "build"))
SEEDS = os.environ.get("MUTATIONS_SEEDS", "3000")


def copy_tree() -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


def build() -> None:
    environment = os.environ | {"CARGO_TARGET_DIR": str(BUILD), "CARGO_INCREMENTAL": "1"}
    command = ["cargo", "build", "--quiet", "--release", "--package", "simulation"]
    done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"does not build:\n{done.stderr[-3000:]}")


def stories() -> str:
    """The first violation found, or nothing."""
    command = [str(BUILD / "release/sim"), "--seeds", SEEDS, "--until-failure"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    first = re.search(r"^seed (\d+): ([^,:;]+)", done.stdout, re.MULTILINE)
    total = re.search(r"^(\d+) seeds", done.stdout, re.MULTILINE)
    if not first or not total:
        sys.exit(f"sim failed otherwise:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return f"{first[2]} (seed {first[1]}, after {total[1]} stories)"


def main() -> None:
    mutations = tomllib.loads((HERE / "mutations.toml").read_text())["mutation"]
    copy_tree()
    survivors = []
    print(f"| broken rule | found out by |\n|---|---|", flush=True)
    for mutation in mutations:
        file = TREE / mutation["file"]
        text = file.read_text()
        if text.count(mutation["from"]) != 1:
            sys.exit(f"{mutation['name']}: {mutation['from']!r} stands {text.count(mutation['from'])} times in {mutation['file']}")
        file.write_text(text.replace(mutation["from"], mutation["to"]))
        build()
        found = stories()
        file.write_text(text)
        os.utime(file, (time.time(), time.time()))
        print(f"| {mutation['name']} | {found or '**nothing**'} |", flush=True)
        if not found:
            survivors.append(mutation["name"])
    if survivors:
        sys.exit(f"not found out: {', '.join(survivors)}")


main()
