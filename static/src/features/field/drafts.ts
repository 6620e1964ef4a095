/** Records of inspections that are not finished, kept on this phone; never with an ID number. */
import { openShelf, pageShelf, type Shelf } from '@/lib/phone'
import type { Id } from '@/api/types'
import { draftId, type Draft } from './inspection'

let drawer: Promise<Shelf<Draft>> | null = null

function drafts(): Promise<Shelf<Draft>> {
  drawer ??= openShelf<Draft>('drafts').catch(() => pageShelf<Draft>())
  return drawer
}

export async function keptDraft(owner: Id, assignmentId: Id): Promise<Draft | null> {
  const id = draftId(owner, assignmentId)
  return (await (await drafts()).all()).find((one) => one.id === id) ?? null
}

export async function keepDraft({ typed, signatures, files, ...rest }: Draft): Promise<void> {
  // Plain data: what a screen watches cannot be stored. Pictures are kept as they are.
  const plain = JSON.parse(JSON.stringify(typed)) as Draft['typed']
  await (
    await drafts()
  ).put({
    ...rest,
    typed: { ...plain, id_number: '' },
    signatures: signatures.map((one) => ({ ...one })),
    files: files.map((one) => ({ ...one })),
  })
}

export async function forgetDraft(owner: Id | undefined, assignmentId: Id): Promise<void> {
  if (owner !== undefined) await (await drafts()).remove(draftId(owner, assignmentId))
}
