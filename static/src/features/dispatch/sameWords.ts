import type { PreviewRecipient } from '@/api/types'

export interface Words extends Omit<PreviewRecipient, 'name' | 'address'> {
  /** Everyone who gets exactly these words over this channel. */
  to: { name: string; address: string }[]
}

/** Puts together those who receive the very same text, so that it is read once; the order is kept. */
export function sameWords(recipients: readonly PreviewRecipient[]): Words[] {
  const groups = new Map<string, Words>()
  for (const { name, address, ...rest } of recipients) {
    const { target, channel, text, blocked, held } = rest
    const key = JSON.stringify([target.kind, target.id, channel, text, blocked, held])
    const group = groups.get(key) ?? { ...rest, to: [] }
    if (name || address) group.to.push({ name, address })
    groups.set(key, group)
  }
  return [...groups.values()]
}
