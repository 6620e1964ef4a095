"""The room's views."""

from command_center.accounts import account_views, admin_views, provider_views, views
from command_center.accounts.push import views as push_views
from command_center.accounts.roster import views as roster_views

BLUEPRINTS = (
    views.blueprint,
    provider_views.blueprint,
    account_views.blueprint,
    admin_views.blueprint,
    push_views.blueprint,
    roster_views.blueprint,
)
