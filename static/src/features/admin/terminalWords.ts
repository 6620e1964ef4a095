import type { Protocol, Terminal, TerminalSettings } from '@/api/terminals'

/** Gives the one word for how a terminal stands. */
export function stateOf(one: Pick<Terminal, 'enabled' | 'connected'>): 'connected' | 'silent' | 'disabled' {
  if (!one.enabled) return 'disabled'
  return one.connected ? 'connected' : 'silent'
}

/** Tells whether it may register now. */
export function isOpen(one: Pick<Terminal, 'window_until'>, nowMs: number): boolean {
  return one.window_until !== null && Date.parse(one.window_until) > nowMs
}

export const NO_SETTINGS: TerminalSettings = {
  speed_unit: null,
  verify: null,
  zone_minutes: null,
  network: null,
  edition: null,
  asks: null,
}

const OF_PROTOCOL: Record<Protocol, readonly (keyof TerminalSettings)[]> = {
  jt808: ['network', 'edition', 'zone_minutes', 'verify', 'asks'],
  gt06: ['network'],
  nmea: [],
  osmand: ['speed_unit'],
  owntracks: [],
}

/** Gives which settings a protocol has. */
export const settingsOf = (protocol: Protocol): readonly (keyof TerminalSettings)[] => OF_PROTOCOL[protocol]

/** Gives the settings to send: those of the protocol, the others and empty ones as nothing. */
export function settingsToSend(said: TerminalSettings, protocol: Protocol): TerminalSettings {
  const kept = settingsOf(protocol)
    .filter((name) => said[name] !== '')
    .map((name) => [name, said[name]])
  return { ...NO_SETTINGS, ...(Object.fromEntries(kept) as Partial<TerminalSettings>) }
}
