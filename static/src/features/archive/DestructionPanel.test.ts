import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { archive as api, type Destruction } from '@/api/archive'
import { ApiError } from '@/api/errors'
import type { Me } from '@/api/types'
import { i18n } from '@/i18n'
import { useSession } from '@/stores/session'
import DestructionPanel from './DestructionPanel.vue'

const dialog = { props: ['modelValue'], template: '<div v-if="modelValue"><slot /></div>' }
const list = (more: Partial<Destruction> = {}): Destruction => ({
  id: 3,
  target: 'TS',
  state: 'PROPOSED',
  rule: { code: 'D10', days: 3653, basis: '本局规定' },
  count: 1,
  proposed_at: '2026-11-22T01:00:00Z',
  requested_by: null,
  requested_by_name: '',
  requested_at: null,
  decided_by_name: '',
  decided_at: null,
  reason: '',
  done_at: null,
  number: null,
  items: [{ reference: 'TS11000020160922000001', digest: '', outcome: '' }],
  ...more,
})
const asked = list({ state: 'REQUESTED', requested_by: 9, requested_by_name: '罗敏' })

describe('a list of what is due', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
  })

  async function opened(one: Destruction, ...permissions: string[]) {
    vi.spyOn(api, 'lists').mockResolvedValue([one])
    vi.spyOn(api, 'list').mockResolvedValue(one)
    const pinia = createPinia()
    useSession(pinia).set({ id: 8, permissions, csrf: '' } as unknown as Me)
    const wrapper = mount(DestructionPanel, {
      global: { plugins: [i18n, pinia], stubs: { ElDialog: dialog } },
    })
    await flushPromises()
    await wrapper.get('[data-testid=destruction-3]').trigger('click')
    await flushPromises()
    return { wrapper, at: (id: string) => wrapper.find(`[data-testid=${id}]`) }
  }

  it('is asked for by the archivist, who is told that nothing goes yet', async () => {
    const ask = vi.spyOn(api, 'request').mockResolvedValue(asked)
    const { wrapper, at } = await opened(list(), 'archive.read', 'archive.destroy')
    expect(at('destruction-approve').exists()).toBe(false)
    await at('destruction-request').trigger('click')
    expect(wrapper.text()).toContain('现在不会销毁任何内容')
    await at('destruction-step').trigger('submit')
    await flushPromises()
    expect(ask).toHaveBeenCalledWith(3)
    expect(at('destruction-state').text()).toBe('待批准')
    expect(at('destruction-request').exists()).toBe(false)
  })

  it('is approved by somebody else; the page follows until it is destroyed', async () => {
    vi.spyOn(api, 'approve').mockResolvedValue({ ...asked, state: 'APPROVED' })
    const { at } = await opened(asked, 'archive.approve')
    await at('destruction-approve').trigger('click')
    vi.mocked(api.list).mockResolvedValue({ ...asked, state: 'DONE', number: '京市监销〔2026〕第1号' })
    await at('destruction-step').trigger('submit')
    await flushPromises()
    expect(at('destruction-state').text()).toBe('正在销毁')
    vi.advanceTimersByTime(3_000)
    await flushPromises()
    expect(at('destruction-state').text()).toBe('已销毁')
    expect(at('certificate').attributes('href')).toBe('/api/v1/archive/destructions/3/certificate')
  })

  it('is not decided by whoever asked for it', async () => {
    const { wrapper, at } = await opened({ ...asked, requested_by: 8 }, 'archive.approve')
    expect(at('destruction-approve').exists()).toBe(false)
    expect(at('destruction-refuse').exists()).toBe(false)
    expect(wrapper.text()).toContain('须由另一人批准')
  })

  it('is refused for a reason, and says what the server refused', async () => {
    const refuse = vi
      .spyOn(api, 'refuse')
      .mockRejectedValueOnce(new ApiError({ status: 409, code: 'own_request', message: '' }))
      .mockResolvedValueOnce({ ...asked, state: 'REFUSED', reason: '尚需查阅' })
    const { wrapper, at } = await opened(asked, 'archive.approve')
    await at('destruction-refuse').trigger('click')
    await at('refuse-destruction-text').setValue('尚需查阅')
    await at('refuse-destruction').trigger('submit')
    await flushPromises()
    expect(wrapper.get('[role=alert]').text()).toBe('不能审批自己提出的申请。')
    await at('refuse-destruction').trigger('submit')
    await flushPromises()
    expect(refuse).toHaveBeenLastCalledWith(3, '尚需查阅')
    expect(wrapper.text()).toContain('不批准的理由：尚需查阅')
  })
})
