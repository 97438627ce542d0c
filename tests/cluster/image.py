#!/usr/bin/env python3
"""Packs a root folder as a container image for `ctr image import`.

usage: image.py ROOTFS NAME:TAG OUT.tar COMMAND [ARGUMENT...]   (environment of the image: IMAGE_ENV, NAME=VALUE lines)
"""
import hashlib
import io
import json
import os
import sys
import tarfile


def layer_of(rootfs):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(rootfs, arcname=".")
    return packed.getvalue()


def main():
    rootfs, name, out, *command = sys.argv[1:]
    layer = layer_of(rootfs)
    digest = hashlib.sha256(layer).hexdigest()
    env = ["PATH=/bin:/usr/bin"] + [line for line in os.environ.get("IMAGE_ENV", "").splitlines() if line]
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": command, "Env": env},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
    }).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    layer_name = digest + "/layer.tar"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": [layer_name]}]).encode()
    with tarfile.open(out + ".new", "w") as archive:
        for path, data in ((config_name, config), (layer_name, layer), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    os.rename(out + ".new", out)


main()
