"""Shapes of the accounts API."""

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from kernel.schemas import Storable


class SignIn(BaseModel):
    account: Annotated[Storable, Field(min_length=1, max_length=60)]
    password: Annotated[Storable, Field(min_length=1, max_length=200)]


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


class ConfigOut(BaseModel):
    """What every page may know of the installation before anybody signs in."""

    mode: str
    timezone: str
    hotlines: list[str]
    region_code: str
    map: MapView
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
