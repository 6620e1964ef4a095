/** Records of inspections that are not finished, kept on this phone; never with an ID number. */
import { openShelf, pageShelf, type Shelf } from '@/lib/phone'
import type { Id } from '@/api/types'
import { draftId, plain, type Draft } from './inspection'

let drawer: Promise<Shelf<Draft>> | null = null

function drafts(): Promise<Shelf<Draft>> {
  drawer ??= openShelf<Draft>('drafts').catch(() => pageShelf<Draft>())
  return drawer
}

export async function keptDraft(owner: Id, assignmentId: Id): Promise<Draft | null> {
  const id = draftId(owner, assignmentId)
  return (await (await drafts()).all()).find((one) => one.id === id) ?? null
}

export async function keepDraft(draft: Draft): Promise<void> {
  const { typed, ...rest } = plain(draft)
  await (await drafts()).put({ ...rest, typed: { ...typed, id_number: '' } })
}

export async function forgetDraft(owner: Id | undefined, assignmentId: Id): Promise<void> {
  if (owner !== undefined) await (await drafts()).remove(draftId(owner, assignmentId))
}
