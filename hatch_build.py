"""What an index says of the package: the README, with links that lead into the repository.

``RINGBACK_REPOSITORY`` says where that is (``https://host/owner/name``); the workflow of a release
sets it. Without it a link to a file becomes its words: one that leads nowhere is worse than none.
"""

import os
import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)\s]+)\)")


def page(text, repository):
    """Return a page whose links to files lead into the repository, or nowhere."""
    lead = rf"[\1]({repository}/blob/HEAD/\2)" if repository else r"\1"
    return _LINK.sub(lead, text)


class ReadmeHook(MetadataHookInterface):
    """Sets the page and the links of the project."""

    def update(self, metadata):
        """Set ``readme`` and, where the repository is known, ``urls``."""
        repository = os.environ.get("RINGBACK_REPOSITORY", "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": page(text, repository)}
        if repository:
            metadata["urls"] = {
                "Documentation": f"{repository}/blob/HEAD/docs/index.md",
                "Source": repository,
                "Issues": f"{repository}/issues",
                "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
            }
