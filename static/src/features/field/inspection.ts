/** The draft of an inspection record (现场笔录) on the phone, and what it still lacks. */
import type { CrewMember, FieldOrder, Id, Instant, InspectionRecord } from '@/api/types'

export type Role = 'party' | 'inspector' | 'witness'
export interface Drawn {
  role: Role
  name: string
  image: Blob
}
export interface Kept {
  name: string
  file: Blob
}

/** Everything that is typed; times are the phone's. */
export type Typed = Omit<InspectionRecord, 'ended_at'>

export interface Draft {
  id: string
  owner: Id
  assignmentId: Id
  /** The record that this one corrects. */
  replacesId: Id | null
  typed: Typed
  signatures: Drawn[]
  files: Kept[]
}

const LEAST = 2
const REQUIRED = ['place', 'party', 'presence', 'rights_answer', 'recusal_answer', 'scene'] as const

/** One draft for each assignment of each officer. */
export const draftId = (owner: Id, assignmentId: Id): string => `${owner}-${assignmentId}`

/** A draft with what the order and the crew already tell. */
export function blank(
  owner: Id,
  assignmentId: Id,
  order: FieldOrder,
  crew: readonly CrewMember[],
  now: Instant,
): Draft {
  const certified = crew.filter((member) => member.certified)
  return {
    id: draftId(owner, assignmentId),
    owner,
    assignmentId,
    replacesId: null,
    signatures: [],
    files: [],
    typed: {
      started_at: now,
      place: order.subject_address,
      inspectors: certified.map(({ name }) => ({ name, certificate_no: '' })),
      party: order.subject_name,
      licence: '',
      credit_code: order.subject_credit_code,
      domicile: '',
      representative: order.subject_legal_representative,
      id_number: '',
      phone: order.subject_phone,
      presence: '',
      id_shown: false,
      rights_told: false,
      rights_answer: '',
      recusal_answer: '',
      scene: '',
      measures: '',
      defence: '',
      opinion: '',
      refused: false,
      refusal_reason: '',
      witness: '',
      recordings_no: '',
    },
  }
}

/** A draft that corrects what was filed; the ID number stays sealed as it is unless typed anew. */
export function correcting(draft: Draft, filed: { id: Id; record: InspectionRecord }): Draft {
  return { ...draft, replacesId: filed.id, signatures: [], typed: { ...filed.record, id_number: '' } }
}

/** A copy that can be stored: what a screen watches cannot. Pictures stay as they are. */
export function plain(draft: Draft): Draft {
  return {
    ...draft,
    typed: JSON.parse(JSON.stringify(draft.typed)) as Typed,
    signatures: draft.signatures.map((one) => ({ ...one })),
    files: draft.files.map((one) => ({ ...one })),
  }
}

/** Who has to sign: the officers, and the party or, where it refuses, the witness. */
export function signers({ inspectors, refused, witness, party }: Typed): { role: Role; name: string }[] {
  const officers = inspectors.map(({ name }) => ({ role: 'inspector' as const, name: name.trim() }))
  const other = refused
    ? { role: 'witness' as const, name: witness.trim() }
    : { role: 'party' as const, name: party.trim() }
  return [...officers, other].filter(({ name }) => name)
}

/** The fields that are not as the law wants them, in the order of the form; as the server judges. */
export function lacking({ typed, signatures }: Draft): string[] {
  const empty = (name: keyof Typed): boolean => !String(typed[name]).trim()
  const numbers = typed.inspectors.map((one) => one.certificate_no.trim())
  const wrong: string[] = REQUIRED.filter(empty)
  if (new Set(numbers).size < LEAST || numbers.includes('')) wrong.push('inspectors')
  if (!typed.id_shown) wrong.push('id_shown')
  if (!typed.rights_told) wrong.push('rights_told')
  if (typed.refused) wrong.push(...(['refusal_reason', 'witness'] as const).filter(empty))
  const signed = (role: Role, name: string): boolean =>
    signatures.some((one) => one.role === role && one.name === name)
  if (!signers(typed).every(({ role, name }) => signed(role, name))) wrong.push('signatures')
  return wrong
}
