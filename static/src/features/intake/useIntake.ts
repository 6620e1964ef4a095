import { computed, reactive, ref, watch } from 'vue'
import { cases as api } from '@/api/endpoints'
import { isApiError } from '@/api/errors'
import type { Id, StrangerText, SubmittedCase, Urgency } from '@/api/types'
import {
  emptyDraft,
  faults,
  isDialable,
  isTouched,
  storable,
  toSubmission,
  type Draft,
  type Faults,
  type Tab,
} from '@/lib/submission'
import { useTexts } from './useTexts'

const STORE = 'cc.intake.draft'

/** A case as it was just registered, for the receipt that the agent reads out. */
export interface Registered {
  cases: SubmittedCase[]
  subject: string
  /** Cases of this receipt that have been escalated, with their level. */
  escalated: Map<Id, Urgency>
}

// One form per tab, kept while the agent looks something up on another page.
const draft = reactive<Draft>(restored())
const receipt = ref<Registered | null>(null)
/** The citizen's text that the form was filled from. */
const source = ref<Id | null>(null)
const saving = ref(false)
const failure = ref<unknown>(null)
/** Whether saving was tried: from then on what is missing is shown, until it is there. */
const tried = ref(false)
const shown = computed<Faults>(() => (tried.value ? faults(draft) : {}))
/** Refused by the server, by field; gone as soon as something changes. */
const refused = ref<Record<string, string>>({})

watch(draft, () => {
  refused.value = {}
  // Nobody has said yet whether a citizen's text is a report; the text itself waits on the server.
  if (source.value !== null) sessionStorage.removeItem(STORE)
  else sessionStorage.setItem(STORE, JSON.stringify(storable(draft)))
})

function restored(): Draft {
  const fresh = emptyDraft(crypto.randomUUID())
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE) ?? 'null') as Partial<Draft> | null
    return kept ? { ...fresh, ...kept } : fresh
  } catch {
    return fresh
  }
}

export function useIntake() {
  const texts = useTexts()
  const touched = computed(() => receipt.value === null && isTouched(draft))

  /** Saves the form. Gives the receipt, or null with `shown`, `refused` or `failure` set. */
  async function save(): Promise<Registered | null> {
    tried.value = true
    failure.value = null
    refused.value = {}
    if (Object.keys(shown.value).length || saving.value) return null
    saving.value = true
    try {
      // The key stays the same until it is saved: trying again never registers twice.
      const { cases } = await api.submit(toSubmission(draft))
      receipt.value = { cases, subject: draft.subject.name, escalated: new Map() }
      sessionStorage.removeItem(STORE)
      if (source.value !== null) void texts.close(source.value, cases)
      return receipt.value
    } catch (error) {
      failure.value = error
      if (isApiError(error) && error.field) refused.value = { [error.field]: error.code }
      return null
    } finally {
      saving.value = false
    }
  }

  async function escalate(id: Id, level: Urgency, reason: string): Promise<void> {
    await api.escalate(id, level, reason)
    receipt.value?.escalated.set(id, level)
  }

  /** A form with what a citizen wrote: the words stay in the house until the agent has sorted them. */
  function fill(text: StrangerText): void {
    next()
    draft.channel = text.channel === 'fax' ? 'fax' : 'sms'
    draft.caller_number = text.sender
    if (isDialable(text.sender)) draft.person.phone = text.sender
    if (draft.tab === 'ZX') draft.question = text.text
    else draft.sealed_narrative = text.text
    source.value = text.id
  }

  /** An empty form for the next caller; the channel and the hotline stay as they were. */
  function next(): void {
    const { channel, hotline, tab } = draft
    Object.assign(draft, emptyDraft(crypto.randomUUID(), hotline), {
      channel: source.value === null ? channel : 'phone',
      tab: tab === 'BOTH' ? 'TS' : tab,
    })
    receipt.value = source.value = null
    failure.value = null
    tried.value = false
    refused.value = {}
  }

  function setTab(tab: Tab): void {
    if (receipt.value) next()
    draft.tab = tab
    if (tab !== 'JB') draft.person.anonymous = false
    tried.value = false
  }

  return {
    draft,
    receipt,
    source,
    saving,
    failure,
    shown,
    refused,
    touched,
    save,
    escalate,
    fill,
    next,
    setTab,
  }
}

export type Intake = ReturnType<typeof useIntake>
