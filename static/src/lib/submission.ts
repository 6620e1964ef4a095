import type { Kind, PublicSubmission, Submission, SubmissionPerson } from '@/api/types'
import { isCreditCode } from './creditCode'

/** What the form is set to: one kind, or a call that is both and becomes two cases. */
export type Tab = Kind | 'BOTH'
export type Draft = Omit<Submission, 'kinds'> & { tab: Tab }
/** Field path → what is wrong with it, as a code. */
export type Faults = Record<string, 'required' | 'credit_code' | 'phone' | 'too_long'>

export const DETAIL_FIELDS = [
  'goods',
  'brand',
  'model',
  'batch',
  'amount',
  'occurred_on',
  'sales_mode',
  'order_no_external',
  'object_code',
  'problem_code',
  'violation_code',
] as const
const LONGEST = 20_000

const nobody = (): SubmissionPerson => ({
  name: '',
  phone: '',
  address: '',
  id_kind: '',
  id_number: '',
  anonymous: false,
})

export function emptyDraft(key: string, hotline: string | null = null): Draft {
  return {
    tab: 'TS',
    idempotency_key: key,
    channel: 'phone',
    hotline,
    person: nobody(),
    caller_number: '',
    subject: { business_id: null, name: '', credit_code: '', address: '', phone: '', contact: '' },
    place: null,
    sealed_narrative: '',
    dispatch_facts: '',
    report_facts: '',
    demands: [],
    details: {},
    question: '',
    answer: '',
    answered: true,
    persons_affected: null,
    triggers: [],
    urgency: null,
    urgency_reason: '',
    consent_public: false,
    consent_delegate: false,
    wants_reward: false,
  }
}

export function kindsOf(tab: Tab): Kind[] {
  return tab === 'BOTH' ? ['TS', 'JB'] : [tab]
}

export const isComplaint = (tab: Tab): boolean => tab === 'TS' || tab === 'BOTH'
export const isReport = (tab: Tab): boolean => tab === 'JB' || tab === 'BOTH'

/** Gives what is still wrong, in the order of the form (SPEC §3.1–3.3). Empty when it may be sent. */
export function faults(draft: Draft): Faults {
  const found: Faults = {}
  const need = (path: string, value: string): void => {
    if (value.trim() === '') found[path] = 'required'
  }
  if (isComplaint(draft.tab)) {
    need('person.name', draft.person.name)
    need('person.phone', draft.person.phone)
    need('person.address', draft.person.address)
  }
  if (draft.tab === 'ZX') {
    if (!draft.answered) {
      need('person.name', draft.person.name)
      need('person.phone', draft.person.phone)
    }
    need('question', draft.question)
    if (draft.answered) need('answer', draft.answer)
  } else {
    need('subject.name', draft.subject.name)
    if (isComplaint(draft.tab)) need('subject.address', draft.subject.address)
    if (draft.subject.credit_code.trim() && !isCreditCode(draft.subject.credit_code)) {
      found['subject.credit_code'] = 'credit_code'
    }
    need('dispatch_facts', draft.dispatch_facts || draft.sealed_narrative)
    if (draft.tab === 'BOTH' && draft.dispatch_facts) need('report_facts', draft.report_facts)
  }
  if (isComplaint(draft.tab) && draft.demands.length === 0) found['demands'] = 'required'
  if (draft.person.phone.trim() && !isDialable(draft.person.phone)) found['person.phone'] = 'phone'
  for (const path of ['sealed_narrative', 'dispatch_facts', 'report_facts', 'question', 'answer'] as const) {
    if (draft[path].length > LONGEST) found[path] = 'too_long'
  }
  return found
}

/** Whether a number could be dialled; the demo city's undialable numbers pass as well. */
export function isDialable(text: string): boolean {
  return /^\+?[\d\s()-]{5,24}$/.test(text.trim())
}

/** Gives the body to send: only what belongs to its kind, and nobody behind an anonymous report. */
export function toSubmission(draft: Draft): Submission {
  const { tab, ...rest } = draft
  const body: Submission = { ...rest, kinds: kindsOf(tab), details: cleaned(rest.details) }
  if (tab === 'JB' && draft.person.anonymous) {
    body.person = { ...nobody(), anonymous: true }
    body.caller_number = ''
  }
  if (tab === 'ZX') {
    Object.assign(body, {
      sealed_narrative: '',
      dispatch_facts: '',
      demands: [],
      urgency: null,
      triggers: [],
    })
    if (!draft.answered) body.answer = ''
  } else {
    Object.assign(body, { question: '', answer: '', answered: false })
  }
  if (!isComplaint(tab)) Object.assign(body, { demands: [], consent_public: false, consent_delegate: false })
  if (!isReport(tab)) body.wants_reward = false
  if (tab !== 'BOTH') body.report_facts = ''
  return body
}

/** Gives the body of the public form: nobody outside sets an urgency. `website` is the trap. */
export function toPublicSubmission(draft: Draft, website: string): PublicSubmission {
  const body: Partial<Submission> = toSubmission(draft)
  delete body.urgency
  delete body.urgency_reason
  delete body.triggers
  return { ...(body as Omit<PublicSubmission, 'website'>), website }
}

function cleaned(details: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(details).filter(([, value]) => value !== '' && value != null)
  return Object.fromEntries(given.map(([key, value]) => [key, key === 'amount' ? Number(value) : value]))
}

/** The amount in yuan as it was typed; null for none or nonsense. */
export function amountOf(draft: Draft): number | null {
  const typed = draft.details['amount']
  const amount = typed === '' || typed == null ? Number.NaN : Number(typed)
  return Number.isFinite(amount) && amount >= 0 ? amount : null
}

/**
 * Gives the copy that may lie in this tab's storage. Whoever reports is not in it, nor the words
 * they may have told their name in.
 */
export function storable(draft: Draft): Draft {
  if (!isReport(draft.tab)) return draft
  return { ...draft, person: nobody(), caller_number: '', sealed_narrative: '' }
}

/** Whether anything was typed that would be missed. */
export function isTouched(draft: Draft): boolean {
  const { person, subject, sealed_narrative, dispatch_facts, report_facts, question, answer } = draft
  return [
    person.name,
    person.phone,
    person.address,
    person.id_number,
    subject.name,
    subject.address,
    sealed_narrative,
    dispatch_facts,
    report_facts,
    question,
    answer,
  ].some((text) => text.trim() !== '')
}
