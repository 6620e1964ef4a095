import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ElMessage } from 'element-plus'
import { health } from '@/api/health'
import { i18n } from '@/i18n'
import ChannelsBanner from './ChannelsBanner.vue'

vi.mock('@/api/health', () => ({ health: vi.fn() }))
vi.mock('element-plus', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  ElMessage: vi.fn(),
}))

const state = (wrong: string[]) => ({
  ok: true,
  mode: 'live',
  degraded: wrong,
  parts: Object.fromEntries(
    ['worker', 'sms', 'fax', 'voice'].map((one) => [one, { ok: !wrong.includes(one) }]),
  ),
})
const says = (...wrong: string[]) => vi.mocked(health).mockResolvedValueOnce(state(wrong))

async function later(): Promise<void> {
  await vi.advanceTimersByTimeAsync(20_000)
  await flushPromises()
}

async function show() {
  const wrapper = mount(ChannelsBanner, { global: { plugins: [i18n] } })
  await flushPromises()
  return wrapper
}

describe('ways out of the house that are down', () => {
  beforeEach(() => {
    vi.clearAllMocks()
    vi.useFakeTimers()
  })
  afterEach(() => vi.useRealTimers())

  it('are no banner while all of them work', async () => {
    says()
    expect((await show()).text()).toBe('')
  })

  it('are named until they are back, which is said once', async () => {
    says('fax')
    const wrapper = await show()
    expect(wrapper.text()).toContain('传真')
    expect(wrapper.text()).not.toContain('短信')
    says()
    await later()
    expect(wrapper.text()).toBe('')
    says()
    await later()
    expect(vi.mocked(ElMessage).mock.calls).toEqual([[{ type: 'success', message: '传真已恢复' }]])
    wrapper.unmount()
  })

  it('are all of them when nobody sends', async () => {
    says('worker')
    const wrapper = await show()
    expect(wrapper.text()).toContain('短信、传真、电话')
    wrapper.unmount()
  })

  it('stay as they were known while the server does not answer', async () => {
    says('sms')
    const wrapper = await show()
    vi.mocked(health).mockRejectedValueOnce(new Error('network'))
    await later()
    expect(wrapper.text()).toContain('短信')
    wrapper.unmount()
  })
})
