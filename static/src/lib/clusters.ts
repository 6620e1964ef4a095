/** Cases that one visit may settle: together in lists and on the map, named in the order's note. */

import type { CaseSummary, ClusterRef, Id } from '@/api/types'

interface Clustered {
  id: Id
  cluster: ClusterRef | null
}
export interface Group<C> {
  cluster: ClusterRef | null
  items: C[]
}

/** The list with each cluster as one, where the first of its members stands. */
export function together<C extends Clustered>(items: readonly C[]): Group<C>[] {
  const groups = new Map<string, Group<C>>()
  for (const item of items) {
    const key = item.cluster ? `cluster ${item.cluster.id}` : `case ${item.id}`
    const group = groups.get(key)
    if (group) group.items.push(item)
    else groups.set(key, { cluster: item.cluster, items: [item] })
  }
  return [...groups.values()]
}

/** One item for each cluster, its lead where that is among them, with how many it stands for. */
export function standing<C extends Clustered>(items: readonly C[]): (C & { count: number })[] {
  return together(items).flatMap(({ cluster, items: members }) => {
    const lead = members.find(({ id }) => id === cluster?.lead_id) ?? members[0]
    return lead ? [{ ...lead, count: cluster?.size ?? 1 }] : []
  })
}

/** `TS0921-00012`: short enough for a text, and no number that looks like a person's. */
export function shortNumber(caseNo: string): string {
  return `${caseNo.slice(0, 2)}${caseNo.slice(-9, -5)}-${caseNo.slice(-5)}`
}

/**
 * The others that the order about `lead` settles too, as many as have room in the text. An order
 * names cases of its own kind alone: no paper ties a report to a complaint.
 */
export function namedBeside(
  lead: Id,
  members: readonly Pick<CaseSummary, 'id' | 'kind' | 'case_no'>[],
  room: number,
): { numbers: string[]; count: number } {
  const kind = members.find(({ id }) => id === lead)?.kind
  const others = members.filter((one) => one.id !== lead && one.kind === kind)
  const numbers = others.map(({ case_no }) => shortNumber(case_no))
  const width = (numbers[0]?.length ?? 0) + 1
  return { numbers: width > 1 ? numbers.slice(0, Math.floor(room / width)) : [], count: others.length }
}
