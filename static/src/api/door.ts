import { del, get, post, put } from './client'
import type { Id, Instant, OrganisationRef } from './types'

/** One's own account and the administration of all of them: shapes and verbs. */
export interface Account {
  account: string
  name: string
  phone: string
  shortest_password: number
  has_second_factor: boolean
  needs_second_factor: boolean
  enrolled_at: Instant | null
  recovery_codes_left: number
  trusted_device_days: number
}

export interface Proposal {
  secret: string
  uri: string
  svg: string
}

export interface Device {
  id: Id
  created_at: Instant
  last_seen_at: Instant
  expires_at: Instant
  address: string
  agent: string
}

export interface SessionLine extends Device {
  how: string
  this: boolean
}

/** Whether this person is offered it, whether this browser has it, and the key it binds to. */
export interface Push {
  offered: boolean
  on: boolean
  key: string
}

export interface PersonIn {
  name: string
  organisation_id: Id
  roles: string[]
  phone: string
  certificate_no: string
  extension: string
  active: boolean
}

export interface Person extends Omit<PersonIn, 'organisation_id'> {
  id: Id
  account: string
  organisation: OrganisationRef
  must_change_password: boolean
  has_second_factor: boolean
  last_seen_at: Instant | null
}

export interface RoleRule {
  code: string
  permissions: string[]
  needs_second_factor: boolean
  stands_alone: boolean
}

export interface Token {
  id: Id
  name: string
  hint: string
  organisation: OrganisationRef
  scopes: string[]
  created_by: string
  created_at: Instant
  expires_at: Instant
  last_used_at: Instant | null
  revoked_at: Instant | null
}

export interface TemporaryPassword {
  password: string
  password_until: Instant | null
}

export const account = {
  get: () => get<Account>('/account'),
  changePassword: (old: string, password: string) => post<undefined>('/account/password', { old, password }),
  proposeFactor: () => post<Proposal>('/account/second-factor'),
  enrol: (code: string) => post<{ codes: string[] }>('/account/second-factor/confirm', { code }),
  removeFactor: () => del<undefined>('/account/second-factor'),
  renewCodes: () => post<{ codes: string[] }>('/account/recovery-codes'),
  sessions: () => get<SessionLine[]>('/account/sessions'),
  endSession: (id: Id) => del<undefined>(`/account/sessions/${id}`),
  endOthers: () => del<{ ended: number }>('/account/sessions'),
  devices: () => get<Device[]>('/account/devices'),
  distrust: (id: Id) => del<undefined>(`/account/devices/${id}`),
  push: () => get<Push>('/account/push'),
  startPush: (endpoint: string) => put<undefined>('/account/push', { endpoint }),
  stopPush: () => del<undefined>('/account/push'),
}

export const administration = {
  rules: () => get<{ roles: RoleRule[]; scopes: string[] }>('/admin/roles'),
  people: () => get<Person[]>('/admin/users'),
  create: (body: PersonIn & { account: string }) =>
    post<TemporaryPassword & { person: Person }>('/admin/users', body),
  change: (id: Id, body: PersonIn) => put<Person>(`/admin/users/${id}`, body),
  resetPassword: (id: Id) => post<TemporaryPassword>(`/admin/users/${id}/password`),
  resetFactor: (id: Id) => del<undefined>(`/admin/users/${id}/second-factor`),
  endSessions: (id: Id) => del<{ ended: number }>(`/admin/users/${id}/sessions`),
  tokens: () => get<Token[]>('/admin/tokens'),
  createToken: (body: { name: string; organisation_id: Id; scopes: string[]; expires_at: Instant }) =>
    post<{ token: Token; text: string }>('/admin/tokens', body),
  revokeToken: (id: Id) => del<undefined>(`/admin/tokens/${id}`),
}
