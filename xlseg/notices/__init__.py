"""Messages through apprise: by mail, or over a channel (Slack, Teams, a webhook …). Its secrets stand in the notify file of the machine."""

from xlseg.notices.configuration import NotifyFile, notify_file, standard_file
from xlseg.notices.delivery import Delivery, deliver, must_reach

__all__ = ["Delivery", "NotifyFile", "deliver", "must_reach", "notify_file", "standard_file"]
