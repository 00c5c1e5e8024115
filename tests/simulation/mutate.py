"""Breaks the product's rules one by one (mutations.toml) and demands that the simulation finds every one out.

First the unbroken tree must pass the same stories. Works on a copy; its build folder is CARGO_TARGET_DIR or
target/mutations/build. Arguments are names, or parts of names, of the mutations to try; without any all are tried.
"""

import os
import pathlib
import re
import resource
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
SEEDS = os.environ.get("MUTATIONS_SEEDS", "2000")
# A broken rule may make the program spin: then its stories take no end. In seconds of the processor, however busy it is.
STORIES_S = int(os.environ.get("MUTATIONS_STORIES_S", "600"))
BUILD_S = 1800


def copy_tree() -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


def build() -> str | None:
    """What the compiler has against the tree."""
    environment = os.environ | {"CARGO_TARGET_DIR": str(BUILD), "CARGO_INCREMENTAL": "1"}
    command = ["cargo", "build", "--quiet", "--release", "--package", "simulation"]
    done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True, timeout=BUILD_S)
    return None if done.returncode == 0 else f"does not build: {done.stderr[-3000:]}"


def stories(more: list[str]) -> subprocess.CompletedProcess[str] | None:
    """What sim says; nothing if its time is over."""
    command = [str(BUILD / "release/sim"), "--seeds", SEEDS, *more]
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (STORIES_S, STORIES_S + 5))
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    return done if done.returncode >= 0 else None


def control() -> None:
    if trouble := build():
        sys.exit(trouble)
    done = stories([])
    if done is None:
        sys.exit(f"{SEEDS} stories of the unbroken tree take longer than {STORIES_S} s of the processor: set MUTATIONS_STORIES_S")
    if done.returncode != 0:
        sys.exit(f"the unbroken tree fails:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")


def verdict(mutation: dict) -> tuple[bool, str]:
    """Whether the stories find the broken rule out as expected, and how."""
    expects = [word for check in mutation["expects"] for word in ("--expect", check)]
    done = stories(["--until-failure", *expects])
    if done is None:
        return False, f"nothing within {STORIES_S} s of the processor"
    total = re.search(r"^(\d+) seeds", done.stdout, re.MULTILINE)
    if not total:
        sys.exit(f"sim failed otherwise:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    for seed, violations in re.findall(r"^seed (\d+): (.*)$", done.stdout, re.MULTILINE):
        for violation in violations.split("; "):
            check = violation.split(", at ")[0]
            if check in mutation["expects"]:
                return True, f"{check} (seed {seed}, after {total[1]} stories)"
    return False, f"nothing in {total[1]} stories"


def main() -> None:
    mutations = tomllib.loads((HERE / "mutations.toml").read_text())["mutation"]
    wanted = sys.argv[1:]
    chosen = [one for one in mutations if not wanted or any(part in one["name"] for part in wanted)]
    copy_tree()
    control()
    survivors = []
    print(f"The unbroken tree passes {SEEDS} stories.\n\n| broken rule | found out by |\n|---|---|", flush=True)
    for mutation in chosen:
        file = TREE / mutation["file"]
        text = file.read_text()
        if text.count(mutation["from"]) != 1:
            sys.exit(f"{mutation['name']}: {mutation['from']!r} stands {text.count(mutation['from'])} times in {mutation['file']}")
        file.write_text(text.replace(mutation["from"], mutation["to"]))
        trouble = build()
        found, how = (False, trouble) if trouble else verdict(mutation)
        file.write_text(text)
        os.utime(file, (time.time(), time.time()))
        print(f"| {mutation['name']} | {how if found else f'**{how}**'} |", flush=True)
        if not found:
            survivors.append(mutation["name"])
    if survivors:
        sys.exit(f"not found out: {', '.join(survivors)}")


main()
