import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cases as api } from '@/api/endpoints'
import { i18n } from '@/i18n'
import RevealIdentity from './RevealIdentity.vue'

const NAME = '诸葛青禾'

function answer(minutes = 10) {
  return {
    name: NAME,
    phone: '13900007788',
    address: '',
    id_number: '',
    expires_at: new Date(Date.now() + minutes * 60_000).toISOString(),
  }
}

function hidden(is: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: is })
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('the identity of an informant', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    localStorage.clear()
    sessionStorage.clear()
    vi.spyOn(api, 'reveal').mockImplementation(() => Promise.resolve(answer()))
    vi.spyOn(api, 'identity').mockImplementation(() => Promise.resolve(answer(5)))
  })
  afterEach(() => {
    hidden(false)
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  async function opened() {
    const wrapper = mount(RevealIdentity, {
      props: { caseId: 7 },
      global: { plugins: [i18n, createPinia()], stubs: { ReasonDialog: true } },
    })
    wrapper.findComponent({ name: 'ReasonDialog' }).vm.$emit('confirm', { code: 'verify', text: '' })
    await flushPromises()
    return wrapper
  }

  it('is shown with the time that is left, and masks itself when that is over', async () => {
    const wrapper = await opened()
    expect(wrapper.text()).toContain(NAME)
    expect(wrapper.text()).toContain('10:00')
    vi.advanceTimersByTime(60_000)
    await flushPromises()
    expect(wrapper.text()).toContain('9:00')
    vi.advanceTimersByTime(9 * 60_000)
    await flushPromises()
    expect(wrapper.text()).not.toContain(NAME)
    expect(wrapper.find('[data-testid="reveal-identity"]').exists()).toBe(true)
  })

  it('is masked as soon as the page is hidden, and asked for anew within its minutes', async () => {
    const wrapper = await opened()
    hidden(true)
    await flushPromises()
    expect(wrapper.text()).not.toContain(NAME)
    hidden(false)
    await flushPromises()
    expect(wrapper.text()).not.toContain(NAME)
    await wrapper.find('[data-testid="identity-again"]').trigger('click')
    await flushPromises()
    expect(api.identity).toHaveBeenCalledWith(7)
    expect(wrapper.text()).toContain(NAME)
  })

  it('goes when another case is opened, even where its answer comes late', async () => {
    let late: (value: ReturnType<typeof answer>) => void = () => undefined
    vi.mocked(api.reveal).mockImplementation(() => new Promise((resolve) => (late = resolve)))
    const wrapper = await opened()
    await wrapper.setProps({ caseId: 8 })
    late(answer())
    await flushPromises()
    expect(wrapper.text()).not.toContain(NAME)
  })

  it('is kept nowhere', async () => {
    await opened()
    const kept = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href])
    expect(kept).not.toContain(NAME)
    expect(kept).not.toContain('13900007788')
  })
})
