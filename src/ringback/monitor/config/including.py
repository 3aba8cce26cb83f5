"""The files that a pattern of `include` names."""

from pathlib import Path


def included(folder: Path, pattern: str) -> list[Path]:
    """Return the files that a pattern of ``include`` names, sorted.

    Args:
        folder: The folder of the main file.
        pattern: Relative to it, or absolute.
    """
    path = Path(pattern)
    root = Path(path.anchor) if path.is_absolute() else folder
    relative = path.relative_to(path.anchor) if path.is_absolute() else path
    if not relative.parts:
        return []
    return sorted(one for one in root.glob(str(relative)) if one.is_file())
