"""Uptime Kuma's notifications as notifiers; what they send to is a secret."""

import json

from ringback.monitor.importing.draft import Draft, Table
from ringback.monitor.importing.yaml_text import table

_URLS = {
    "apprise": ("apprise", "appriseURL"),
    "webhook": ("webhook", "webhookURL"),
    "slack": ("apprise", "slackwebhookURL"),
    "discord": ("apprise", "discordWebhookUrl"),
}
"""Type to the channel that it becomes, and the key that its URL has; apprise takes the webhook URLs
of Slack and Discord as they are."""


def notifier_of(entry: Table, draft: Draft) -> Table | None:
    """Return a notification as a notifier; ``None``: there is none for it.

    Args:
        entry: As the backup has it.
        draft: Where the variable for its secret is noted.
    """
    try:
        config = table(json.loads(str(entry.get("config") or "{}")))
    except ValueError:
        return None
    name = str(entry.get("name") or config.get("name") or "")
    channel, key = _URLS.get(str(config.get("type")), ("", ""))
    if not channel or not name or not config.get(key):
        return None
    url = draft.secret((name, "url"), f"{key} of the notification {name}")
    return {"name": name, "type": channel, "url": url}
