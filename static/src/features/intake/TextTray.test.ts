import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { strangers } from '@/api/endpoints'
import FormDialog from '@/components/FormDialog.vue'
import ReasonDialog from '@/components/ReasonDialog.vue'
import { i18n } from '@/i18n'
import type { StrangerText } from '@/api/types'
import TextTray from './TextTray.vue'
import { useIntake } from './useIntake'
import { useTexts } from './useTexts'

const TEXT: StrangerText = {
  id: 7,
  channel: 'sms',
  pages: 0,
  sender: '+99913899999999',
  text: '老王饭店卖过期羊肉',
  received_at: '2026-09-22T01:00:00.000Z',
}

describe("the tray of citizens' texts", () => {
  const { draft, source, next } = useIntake()
  let tray: VueWrapper
  const press = (act: string) => tray.get(`[data-testid=text-7-${act}]`).trigger('click')

  beforeEach(async () => {
    next()
    vi.spyOn(strangers, 'texts').mockResolvedValue([TEXT])
    await useTexts().load()
    tray = mount(TextTray, {
      global: { plugins: [i18n], stubs: { FormDialog: true, ReasonDialog: true } },
    })
  })
  afterEach(() => {
    tray.unmount()
    vi.restoreAllMocks()
  })

  it('shows number and words, and puts them into an empty form at once', async () => {
    expect(tray.text()).toContain(TEXT.sender)
    expect(tray.text()).toContain(TEXT.text)
    await press('register')
    expect([draft.sealed_narrative, source.value]).toEqual([TEXT.text, 7])
    expect(tray.find('[data-testid=text-7-register]').exists()).toBe(false)
  })

  it('asks before it takes the place of other words', async () => {
    draft.subject.name = '老王面馆'
    await press('register')
    expect([draft.subject.name, source.value]).toEqual(['老王面馆', null])
    tray.getComponent(FormDialog).vm.$emit('confirm')
    expect([draft.subject.name, draft.sealed_narrative]).toEqual(['', TEXT.text])
  })

  it('settles what is no report with a note, and empties the form made of it', async () => {
    const settle = vi.spyOn(strangers, 'settle').mockResolvedValue(TEXT)
    await press('register')
    await press('refuse')
    tray.getComponent(ReasonDialog).vm.$emit('confirm', { code: '', text: '广告' })
    await flushPromises()
    expect(settle).toHaveBeenCalledWith(7, '广告')
    expect([draft.sealed_narrative, source.value]).toEqual(['', null])
    expect(tray.find('[data-testid=text-tray]').exists()).toBe(false)
  })
})
