"""All rows, by theme."""
from rows import deletes, pods, reads, server_itself, watches, writes

THEMES = {
    "Reads": reads.ROWS,
    "Creates": writes.CREATES,
    "States": writes.STATES,
    "Replaces": writes.REPLACES,
    "Patches": writes.PATCHES,
    "Deletes": deletes.ROWS,
    "Watches": watches.ROWS,
    "Pods, Jobs and volumes": pods.ROWS,
    "Kinds and permissions": server_itself.DISCOVERIES + server_itself.IDENTITIES,
    "A server in trouble": server_itself.TROUBLE,
}
ROWS = tuple(row for rows in THEMES.values() for row in rows)
