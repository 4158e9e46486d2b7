"""Every route of the accounts, put together.

Does: make them from what they share. Does not: answer; the files named after what they are about do.
"""

from collections.abc import Sequence

from fastapi import APIRouter

from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.personal_data import PersonalData
from causerie.server.accounts_applications import application_routes
from causerie.server.accounts_groups import group_routes, permission_routes
from causerie.server.accounts_ledger import ledger_routes
from causerie.server.accounts_limits import all_keys_routes, price_routes, quota_routes
from causerie.server.accounts_me import key_routes, me_routes
from causerie.server.accounts_oidc import oidc_routes
from causerie.server.accounts_people import invitation_routes, people_routes, rescue_routes
from causerie.server.accounts_security import passkey_routes, second_factor_routes, security_routes
from causerie.server.accounts_session import SessionRoutes, link_routes, session_routes
from causerie.server.browsers import Ours
from causerie.server.metering import Metering
from causerie.settings import Settings


def accounts_routes(
    doors: Doorkeeper, settings: Settings, metering: Metering, rooms: Sequence[PersonalData]
) -> list[APIRouter]:
    """The routes.

    Args:
        doors: Of this server.
        settings: For providers, names and the currency.
        metering: For the models that are here.
        rooms: What each room above keeps of people, for export and removal.
    """
    shared = SessionRoutes(doors, settings, Ours(settings))
    return [
        session_routes(shared),
        link_routes(shared),
        oidc_routes(shared, settings),
        me_routes(shared, settings, rooms),
        key_routes(shared),
        security_routes(shared),
        passkey_routes(shared),
        second_factor_routes(shared),
        people_routes(shared, settings, rooms),
        rescue_routes(shared),
        invitation_routes(shared),
        group_routes(shared),
        permission_routes(shared, metering),
        all_keys_routes(shared),
        application_routes(shared, rooms),
        quota_routes(shared),
        price_routes(shared, settings, metering),
        ledger_routes(shared, settings),
    ]
