import { describe, expect, it } from 'vitest'
import { isOpen, NO_SETTINGS, settingsOf, settingsToSend, stateOf } from './terminalWords'

describe('a terminal in words', () => {
  it('is switched off before it is anything else', () => {
    expect(stateOf({ enabled: false, connected: true })).toBe('disabled')
    expect(stateOf({ enabled: true, connected: true })).toBe('connected')
    expect(stateOf({ enabled: true, connected: false })).toBe('silent')
  })

  it('may register until its window ends', () => {
    const until = { window_until: '2026-09-22T04:00:00Z' }
    const end = Date.parse(until.window_until)
    expect(isOpen(until, end - 1)).toBe(true)
    expect(isOpen(until, end)).toBe(false)
    expect(isOpen({ window_until: null }, end)).toBe(false)
  })
})

describe('the settings that are sent', () => {
  it('are those of the protocol', () => {
    const said = { ...NO_SETTINGS, network: '10.8.0.0/16', speed_unit: 'm/s' as const, asks: false }
    expect(settingsToSend(said, 'jt808')).toEqual({ ...NO_SETTINGS, network: '10.8.0.0/16', asks: false })
    expect(settingsToSend(said, 'osmand')).toEqual({ ...NO_SETTINGS, speed_unit: 'm/s' })
    expect(settingsToSend(said, 'nmea')).toEqual(NO_SETTINGS)
    expect(settingsOf('nmea')).toEqual([])
  })

  it('are nothing where the field was emptied', () => {
    expect(settingsToSend({ ...NO_SETTINGS, network: '' }, 'gt06')).toEqual(NO_SETTINGS)
  })
})
