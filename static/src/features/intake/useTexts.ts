import { reactive, shallowRef } from 'vue'
import { strangers as api } from '@/api/endpoints'
import { translate } from '@/i18n'
import type { Id, StrangerText, SubmittedCase } from '@/api/types'

// What citizens sent by SMS and nobody has settled yet; kept while the agent is on another page.
const texts = shallowRef<StrangerText[]>([])
/** Texts that were registered here, with what is to be noted, until the server knows as well. */
const registered = reactive(new Map<Id, string>())

/**
 * Gives what stands with a text once it is registered. A report's number never stands beside the
 * number of whoever sent it, nor does that of its other half.
 */
export function noteOf(cases: readonly SubmittedCase[]): string {
  if (cases.some(({ kind }) => kind === 'JB')) return translate('intake.texts.registered')
  return translate('intake.texts.registeredAs', { numbers: cases.map((one) => one.case_no).join(' ') })
}

export function useTexts() {
  async function load(): Promise<void> {
    texts.value = await api.texts()
    const waiting = new Set(texts.value.map(({ id }) => id))
    for (const id of registered.keys()) if (!waiting.has(id)) registered.delete(id)
  }

  async function settle(id: Id, note: string): Promise<void> {
    await api.settle(id, note)
    registered.delete(id)
    texts.value = texts.value.filter((text) => text.id !== id)
  }

  /** The form made of this text was saved. Where that cannot be told now, the tray offers it again. */
  async function close(id: Id, cases: readonly SubmittedCase[]): Promise<void> {
    const note = noteOf(cases)
    registered.set(id, note)
    await settle(id, note).catch(() => undefined)
  }

  return { texts, registered, load, settle, close, pages: api.pages }
}
