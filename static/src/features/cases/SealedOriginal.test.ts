import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cases as api } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'
import type { CaseFile } from '@/api/types'
import SealedOriginal from './SealedOriginal.vue'

const file = { id: 5, name: 'a.jpeg', media_type: 'image/jpeg' } as CaseFile
const dialog = { props: ['modelValue'], template: '<div v-if="modelValue"><slot /></div>' }

function hidden(is: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: is })
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('the sealed original of a file', () => {
  const revoked = vi.fn()

  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(api, 'original').mockResolvedValue(new Blob(['bytes']))
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:one', revokeObjectURL: revoked }))
    revoked.mockReset()
  })
  afterEach(() => {
    hidden(false)
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  async function opened() {
    const wrapper = mount(SealedOriginal, {
      props: { file, kind: 'JB' },
      global: { plugins: [i18n, createPinia()], stubs: { ReasonDialog: true, ElDialog: dialog } },
    })
    const why = wrapper.findComponent({ name: 'ReasonDialog' })
    why.vm.$emit('confirm', { code: 'verify', text: '' })
    await flushPromises()
    return { wrapper, why }
  }

  it('opens for a reason and closes itself after ten minutes', async () => {
    const { wrapper } = await opened()
    expect(api.original).toHaveBeenCalledWith(5, 'verify')
    expect(wrapper.find('img').attributes('src')).toBe('blob:one')
    expect(wrapper.text()).toContain('10:00')
    vi.advanceTimersByTime(10 * 60_000)
    await flushPromises()
    expect(wrapper.find('img').exists()).toBe(false)
    expect(revoked).toHaveBeenCalledWith('blob:one')
    expect(wrapper.emitted('close')).toBeTruthy()
  })

  it('closes as soon as the page is hidden', async () => {
    const { wrapper } = await opened()
    hidden(true)
    await flushPromises()
    expect(wrapper.find('img').exists()).toBe(false)
    expect(revoked).toHaveBeenCalled()
  })

  it('throws away what comes after it was left', async () => {
    let late: (data: Blob) => void = () => undefined
    vi.mocked(api.original).mockImplementation(() => new Promise((resolve) => (late = resolve)))
    const { wrapper } = await opened()
    await wrapper.setProps({ file: null })
    late(new Blob(['bytes']))
    await flushPromises()
    expect(wrapper.find('[data-testid=original-shown]').exists()).toBe(false)
  })

  it('says why it was refused, and stays shut', async () => {
    vi.mocked(api.original).mockRejectedValue(
      new ApiError({ status: 403, code: 'not_the_handler', message: '' }),
    )
    const { wrapper, why } = await opened()
    expect(why.props('error')).toContain('经办人')
    expect(wrapper.find('img').exists()).toBe(false)
  })
})
