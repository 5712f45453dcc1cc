"""Writes the cases of the corpus as files for libFuzzer: seeds.py CORPUS FOLDER [LONGEST]

Longer cases (default 400 bytes) are left out: short inputs are tried more often, and the limits of
a record are in reach of them through a second parser with small limits."""

import glob
import hashlib
import json
import os
import sys


def main(corpus, folder, longest):
    os.makedirs(folder, exist_ok=True)
    count = 0
    for name in sorted(glob.glob(os.path.join(corpus, "*.jsonl"))):
        with open(name, encoding="utf-8") as lines:
            for line in lines:
                case = json.loads(line)
                data = bytes.fromhex(case["hex"]) if "hex" in case else case["input"].encode()
                if 0 < len(data) <= longest:
                    count += 1
                    path = os.path.join(folder, hashlib.sha1(data).hexdigest())
                    with open(path, "wb") as seed:
                        seed.write(data)
    print(f"{count} seeds in {folder}")


main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 400)
