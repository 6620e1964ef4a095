import { describe, expect, it } from 'vitest'
import type { CrewMember, FieldOrder, InspectionRecord } from '@/api/types'
import { blank, correcting, lacking, signers, type Draft } from './inspection'

const order = {
  subject_name: '老王饭店',
  subject_address: '建国路88号',
  subject_credit_code: '',
  subject_legal_representative: '',
  subject_phone: '',
} as FieldOrder
const crew: CrewMember[] = [
  { user_id: 1, name: '甲', certified: true },
  { user_id: 2, name: '乙', certified: true },
  { user_id: 3, name: '丙', certified: false },
]
const image = new Blob(['x'])
const fresh = (): Draft => blank(1, 7, order, crew, '2026-09-22T01:00:00Z')

function whole(changes: Partial<Draft['typed']> = {}): Draft {
  const draft = fresh()
  const typed = {
    ...draft.typed,
    inspectors: [
      { name: '甲', certificate_no: '1' },
      { name: '乙', certificate_no: '2' },
    ],
    presence: '在场',
    id_shown: true,
    rights_told: true,
    rights_answer: '清楚',
    recusal_answer: '不申请',
    scene: '过期羊肉',
    ...changes,
  }
  return { ...draft, typed, signatures: signers(typed).map((one) => ({ ...one, image })) }
}

describe('the record of an inspection', () => {
  it('begins with what the order tells and the officers who may inspect', () => {
    const { typed } = fresh()
    expect([typed.party, typed.place]).toEqual(['老王饭店', '建国路88号'])
    expect(typed.inspectors.map(({ name }) => name)).toEqual(['甲', '乙'])
  })

  it('says all that it lacks, and nothing once it is whole', () => {
    expect(lacking(fresh())).toEqual([
      'presence',
      'rights_answer',
      'recusal_answer',
      'scene',
      'inspectors',
      'id_shown',
      'rights_told',
      'signatures',
    ])
    expect(lacking(whole())).toEqual([])
  })

  it.each([
    [{ id_shown: false }, ['id_shown']],
    [{ inspectors: [{ name: '甲', certificate_no: '1' }] }, ['inspectors']],
    [{ refused: true }, ['refusal_reason', 'witness']],
    [{ refused: true, refusal_reason: '不认可', witness: '丁' }, []],
  ])('judges %j', (changes, wrong) => {
    expect(lacking(whole(changes))).toEqual(wrong)
  })

  it('asks the party for its signature, or the witness of its refusal', () => {
    expect(signers(whole().typed).at(-1)).toEqual({ role: 'party', name: '老王饭店' })
    expect(signers(whole({ refused: true, witness: '丁' }).typed).at(-1)?.role).toBe('witness')
  })

  it('names what it corrects, is signed anew, and never shows the ID number again', () => {
    const filed = {
      id: 5,
      record: { ...whole().typed, ended_at: '', id_number: '110****17' } as InspectionRecord,
    }
    const draft = correcting(whole(), filed)
    expect([draft.replacesId, draft.typed.id_number, draft.signatures]).toEqual([5, '', []])
    expect(lacking(draft)).toEqual(['signatures'])
  })
})
