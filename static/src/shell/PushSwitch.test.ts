import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { account as api } from '@/api/door'
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'
import { hush } from '@/lib/worker'
import PushSwitch from './PushSwitch.vue'

/** A browser with one push subscription, and the server's side of it. */
function world(told: { offered?: boolean; on?: boolean } = {}) {
  const server = { offered: true, on: false, key: 'BKey', ...told }
  let held: { endpoint: string; unsubscribe: () => Promise<boolean> } | null = null
  const bound = vi.fn((options: PushSubscriptionOptionsInit) => {
    held = {
      endpoint: `https://push.example/${String(options.applicationServerKey)}`,
      unsubscribe: () => Promise.resolve(((held = null), true)),
    }
    return Promise.resolve(held)
  })
  if (server.on) void bound({ applicationServerKey: 'old' })
  const registration = { pushManager: { getSubscription: () => Promise.resolve(held), subscribe: bound } }
  const register = vi.fn().mockResolvedValue(registration)
  vi.stubGlobal('navigator', {
    language: 'zh',
    serviceWorker: {
      register,
      ready: Promise.resolve(registration),
      getRegistration: () => Promise.resolve(registration),
      getRegistrations: () => Promise.resolve([registration]),
    },
  })
  vi.stubGlobal('PushManager', {})
  const asked = vi.fn((): Promise<NotificationPermission> => {
    notification.permission = 'granted'
    return Promise.resolve('granted')
  })
  const notification = { permission: 'default' as NotificationPermission, requestPermission: asked }
  vi.stubGlobal('Notification', notification)
  vi.spyOn(api, 'push').mockImplementation(() => Promise.resolve({ ...server }))
  const start = vi.spyOn(api, 'startPush').mockImplementation(() => {
    server.on = true
    return Promise.resolve(undefined)
  })
  const stop = vi.spyOn(api, 'stopPush').mockImplementation(() => {
    server.on = false
    return Promise.resolve(undefined)
  })
  return { server, notification, asked, bound, register, start, stop, holds: () => held !== null }
}

async function shown(bar = false) {
  const wrapper = mount(PushSwitch, {
    props: { home: bar ? '/dispatch' : '/field', bar },
    global: { plugins: [i18n] },
  })
  await flushPromises()
  const button = () => wrapper.find('[data-testid=push-switch]')
  return {
    wrapper,
    state: () => (button().exists() ? button().attributes('data-state') : ''),
    press: async () => {
      await button().trigger('click')
      await flushPromises()
    },
  }
}

describe('the switch for new orders', () => {
  let here: ReturnType<typeof world>
  beforeEach(() => {
    here = world()
  })
  afterEach(() => vi.unstubAllGlobals())

  it('asks the browser for nothing before it is pressed', async () => {
    const { state } = await shown()
    expect(state()).toBe('off')
    expect([here.asked, here.bound, here.register, here.start].some((each) => each.mock.calls.length)).toBe(
      false,
    )
  })

  it('binds the browser to the server, under its own page', async () => {
    const { state, press } = await shown(true)
    await press()
    expect(here.register).toHaveBeenCalledWith('/field-worker.js', { scope: '/dispatch' })
    expect(here.bound).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: 'BKey' })
    expect(here.start).toHaveBeenCalledWith('https://push.example/BKey')
    expect(state()).toBe('on')
  })

  it('is switched off on both sides', async () => {
    here = world({ on: true })
    here.notification.permission = 'granted'
    const { state, press } = await shown()
    expect(state()).toBe('on')
    await press()
    expect([state(), here.holds(), here.stop.mock.calls.length]).toEqual(['off', false, 1])
  })

  it('is off where only the server or only the browser knows of it', async () => {
    here = world({ on: true })
    await hush()
    expect((await shown()).state()).toBe('off')
    here = world()
    void here.bound({ applicationServerKey: 'left over' })
    expect((await shown()).state()).toBe('off')
  })

  it('says that the browser blocks notices, and asks no more', async () => {
    here.asked.mockImplementation(() => {
      here.notification.permission = 'denied'
      return Promise.resolve('denied')
    })
    const { wrapper, state, press } = await shown()
    await press()
    expect([state(), here.start.mock.calls.length]).toEqual(['blocked', 0])
    await press()
    expect(here.asked).toHaveBeenCalledTimes(1)
    expect(wrapper.text()).toContain('浏览器已禁止通知')
  })

  it('stays off when the question is left unanswered', async () => {
    here.asked.mockResolvedValue('default')
    const { state, press } = await shown()
    await press()
    expect([state(), here.bound.mock.calls.length]).toEqual(['off', 0])
  })

  it('says where it is not offered on the phone, and takes no room among buttons', async () => {
    here = world({ offered: false })
    expect((await shown()).state()).toBe('none')
    expect((await shown(true)).state()).toBe('')
  })

  it('is not offered by a browser that cannot', async () => {
    vi.stubGlobal('navigator', { language: 'zh' })
    expect((await shown()).state()).toBe('none')
  })

  it('says what went wrong and stays off', async () => {
    here.start.mockRejectedValue(
      new ApiError({ status: 422, code: 'push_host_unknown', message: '', field: 'endpoint', params: {} }),
    )
    const { wrapper, state, press } = await shown()
    await press()
    expect([state(), wrapper.find('[role=alert]').text()]).toEqual([
      'off',
      expect.stringContaining('推送服务'),
    ])
    here.bound.mockRejectedValue(new DOMException('push service not available', 'AbortError'))
    await press()
    expect(wrapper.find('[role=alert]').text()).toContain('连不上它的推送服务')
  })

  it('is forgotten by the browser on signing out', async () => {
    here = world({ on: true })
    await hush()
    expect(here.holds()).toBe(false)
  })
})
