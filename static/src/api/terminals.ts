import { del, get, post, put } from './client'
import type { Id, Instant } from './types'

/** Devices that report positions: who they are, how they are admitted, what is sent to them. */
export type Protocol = 'jt808' | 'gt06' | 'nmea' | 'osmand' | 'owntracks'
export const PROTOCOLS: readonly Protocol[] = ['jt808', 'gt06', 'nmea', 'osmand', 'owntracks']

export interface TerminalSettings {
  speed_unit: 'knots' | 'm/s' | 'km/h' | null
  verify: boolean | null
  /** What its clock adds to UTC, in minutes. */
  zone_minutes: number | null
  /** Addresses (CIDR) from which it may report without a code. */
  network: string | null
  edition: 2011 | 2013 | 2019 | null
  asks: boolean | null
}

export interface Carrier {
  id: Id
  name: string
  plate: string
}

export interface TerminalIn {
  name: string
  organisation_id: Id | null
  unit_id: Id | null
  enabled: boolean
  listen_port: number | null
  settings: TerminalSettings
}

export interface Terminal extends Omit<TerminalIn, 'unit_id'> {
  id: Id
  identity: string
  protocol: Protocol
  unit: Carrier | null
  /** Heard within three minutes. */
  connected: boolean
  last_seen_at: Instant | null
  created_at: Instant
  takes_messages: boolean
  has_code: boolean
  issued_at: Instant | null
  window_until: Instant | null
  /** What it said of itself when it registered, and from where. */
  plate: string
  device_id: string
  source: string
}

export type DownlinkState = 'queued' | 'sent' | 'acknowledged' | 'answered' | 'failed' | 'expired'

export interface Downlink {
  id: Id
  kind: string
  state: DownlinkState
  attempts: number
  problem: string
  as_text: boolean
  /** Empty for whoever may not read the order. */
  words: string
  answer: number | null
  answer_words: string
  parameters: { id: number; hex: string; number: number | null; text: string | null }[]
  created_at: Instant
  expires_at: Instant
  sent_at: Instant | null
  acknowledged_at: Instant | null
  answered_at: Instant | null
  ended_at: Instant | null
}

export interface UnknownIdentity {
  identity: string
  protocol: Protocol
  source: string
  times: number
  first_seen_at: Instant
  last_seen_at: Instant
}

export interface Doubt {
  id: Id
  terminal_id: Id
  terminal_name: string
  received_at: Instant
  fixed_at: Instant | null
  reason: string
}

export interface DoubtDetail extends Doubt {
  protocol: Protocol
  raw: string
  messages: { kind: string; fields: { name: string; value: string }[] }[]
}

export interface UnitTerminal {
  id: Id
  name: string
  protocol: Protocol
  is_phone: boolean
  enabled: boolean
  connected: boolean
  last_seen_at: Instant | null
  can_be_asked: boolean
}

export interface UnitTerminals {
  terminals: UnitTerminal[]
  messages: Downlink[]
}

export interface TerminalFilter {
  q?: string
  protocol?: string
  state?: string
}

export type Ask =
  | { what: 'position' }
  | { what: 'follow'; minutes: number }
  | { what: 'parameters' }
  | { what: 'interval'; seconds: number }

export const terminals = {
  list: (filter: TerminalFilter, signal?: AbortSignal) =>
    get<{ terminals: Terminal[]; more: boolean }>('/terminals', { ...filter }, signal),
  one: (id: Id) => get<Terminal>(`/terminals/${id}`),
  carriers: () => get<Carrier[]>('/terminals/carriers'),
  register: (body: TerminalIn & { identity: string; protocol: Protocol }) =>
    post<Terminal>('/terminals', body),
  change: (id: Id, body: TerminalIn) => put<Terminal>(`/terminals/${id}`, body),
  openWindow: (id: Id, minutes: number) => post<Terminal>(`/terminals/${id}/window`, { minutes }),
  closeWindow: (id: Id) => del<undefined>(`/terminals/${id}/window`),
  revoke: (id: Id) => del<undefined>(`/terminals/${id}/code`),
  ask: (id: Id, body: Ask) => post<Downlink[]>(`/terminals/${id}/ask`, body),
  downlinks: (id: Id) => get<Downlink[]>(`/terminals/${id}/downlinks`),
  unknown: () => get<UnknownIdentity[]>('/terminals/unknown'),
  quarantine: (terminal_id: Id | null) => get<Doubt[]>('/terminals/quarantine', { terminal_id }),
  doubt: (id: Id) => get<DoubtDetail>(`/terminals/quarantine/${id}`),
}

export const unitTerminals = {
  all: (unitId: Id) => get<UnitTerminals>(`/units/${unitId}/terminals`),
  ask: (unitId: Id, body: Extract<Ask, { what: 'position' | 'follow' }>) =>
    post<UnitTerminals>(`/units/${unitId}/ask`, body),
}
