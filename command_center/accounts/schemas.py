"""Shapes of the accounts API."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, RootModel

from kernel.schemas import Ident, Storable

Secret = Annotated[Storable, Field(min_length=1, max_length=200)]
Code = Annotated[Storable, Field(min_length=6, max_length=40)]


class SignIn(BaseModel):
    account: Annotated[Storable, Field(min_length=1, max_length=60)]
    password: Secret


class SecondStep(BaseModel):
    """The second step of signing in: a code of the authenticator, or a recovery code."""

    code: Code
    trust: bool = False


class Challenged(BaseModel):
    """The password was right; the second step has to come before `expires_in` seconds are over."""

    second: list[str]
    expires_in: int
    may_trust: bool


class Confirmation(BaseModel):
    """A fresh proof of who is sitting there: one of the two."""

    password: Secret | None = None
    code: Code | None = None


class DemoAccount(BaseModel):
    account: str
    password: str
    name: str
    role: str


class MapView(BaseModel):
    """Where the maps open: WGS-84 degrees and a zoom."""

    lon: float
    lat: float
    zoom: float


class AnswerWithin(BaseModel):
    """How soon a supervision order of a level is signed for, and replied to."""

    sign_hours: int
    reply_days: int


class ProviderOut(BaseModel):
    label: str
    """What the bureau calls it; may be empty."""


class ConfigOut(BaseModel):
    """What every page may know of the installation before anybody signs in."""

    mode: str
    timezone: str
    hotlines: list[str]
    channels: list[str]
    """By which an order may leave here."""
    region_code: str
    map: MapView
    supervision: list[AnswerWithin]
    """Of level 1, 2 and 3."""
    trusted_device_days: int
    """How long a desk may be trusted with the second factor; 0 where none is."""
    provider: ProviderOut | None
    """The identity provider by which people sign in, if there is one."""
    demo_accounts: list[DemoAccount]


class OrganisationRef(BaseModel):
    id: int
    name: str
    kind: str
    path: str


class Me(BaseModel):
    id: int
    account: str
    name: str
    roles: list[str]
    permissions: list[str]
    organisation: OrganisationRef
    csrf: str
    must: list[str]
    """What comes before anything else: `password` (choose one), `second_factor` (enrol)."""
    has_second_factor: bool


class OrganisationOut(BaseModel):
    id: int
    parent_id: int | None
    kind: str
    name: str
    phone: str
    fax: str
    region_code: str
    lon: float | None
    lat: float | None


class Organisations(RootModel[list[OrganisationOut]]):
    pass


class UserQuery(BaseModel):
    role: Annotated[Storable, Field(min_length=1)] | None = None


class UserOut(BaseModel):
    id: int
    name: str
    roles: list[str]
    organisation: OrganisationRef


class Users(RootModel[list[UserOut]]):
    pass


class AccountOut(BaseModel):
    """One's own account, as far as coming in goes."""

    account: str
    name: str
    phone: str
    shortest_password: int
    has_second_factor: bool
    needs_second_factor: bool
    enrolled_at: datetime | None
    recovery_codes_left: int
    trusted_device_days: int


class NewPassword(BaseModel):
    old: Secret
    password: Secret


class ProposalOut(BaseModel):
    """A second factor to enrol: the secret, its otpauth address, and that as a QR code (SVG)."""

    secret: str
    uri: str
    svg: str


class EnrolIn(BaseModel):
    code: Code


class RecoveryCodes(BaseModel):
    codes: list[str]


class SessionOut(BaseModel):
    id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    how: str
    address: str
    agent: str
    this: bool


class Sessions(RootModel[list[SessionOut]]):
    pass


class DeviceOut(BaseModel):
    id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


class Devices(RootModel[list[DeviceOut]]):
    pass


class PersonIn(BaseModel):
    """What an administrator says of somebody."""

    name: Annotated[Storable, Field(min_length=1, max_length=60)]
    organisation_id: Ident
    roles: Annotated[list[Storable], Field(min_length=1, max_length=20)]
    phone: Annotated[Storable, Field(max_length=40)] = ""
    certificate_no: Annotated[Storable, Field(max_length=40)] = ""
    extension: Annotated[Storable, Field(pattern=r"^([1-9]\d{2,5})?$")] = ""
    active: bool = True


class NewPerson(PersonIn):
    account: Annotated[Storable, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,59}$")]


class PersonQuery(BaseModel):
    q: Annotated[Storable, Field(max_length=60)] = ""


class PersonOut(BaseModel):
    id: int
    account: str
    name: str
    roles: list[str]
    organisation: OrganisationRef
    phone: str
    certificate_no: str
    extension: str
    active: bool
    must_change_password: bool
    has_second_factor: bool
    last_seen_at: datetime | None


class People(RootModel[list[PersonOut]]):
    pass


class CreatedPerson(BaseModel):
    """The account and its first password, which is never shown again."""

    person: PersonOut
    password: str
    password_until: datetime | None


class TemporaryPassword(BaseModel):
    password: str
    password_until: datetime | None


class RoleOut(BaseModel):
    code: str
    permissions: list[str]
    needs_second_factor: bool
    stands_alone: bool


class RolesOut(BaseModel):
    roles: list[RoleOut]
    scopes: list[str]


class TokenIn(BaseModel):
    name: Annotated[Storable, Field(min_length=1, max_length=60)]
    organisation_id: Ident
    scopes: Annotated[list[Storable], Field(min_length=1, max_length=20)]
    expires_at: AwareDatetime


class TokenOut(BaseModel):
    id: int
    name: str
    hint: str
    organisation: OrganisationRef
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class Tokens(RootModel[list[TokenOut]]):
    pass


class CreatedToken(BaseModel):
    """The token and its text, which is never shown again."""

    token: TokenOut
    text: str


class Ended(BaseModel):
    ended: int
    """How many sessions."""
