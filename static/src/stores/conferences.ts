import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { conferences as api } from '@/api/endpoints'
import { realtime } from '@/realtime'
import type { Conference, Id } from '@/api/types'

/** The three-party calls of the case that is looked at; the newest first. */
export const useConferences = defineStore('conferences', () => {
  const caseId = ref<Id | null>(null)
  const all = shallowRef<Conference[]>([])
  const running = computed(() => all.value.find(({ ended_at }) => ended_at === null) ?? null)
  /** Where an order of this case was let go by voice. */
  const approved = computed(() => all.value.find(({ decision }) => decision?.decision === 'approve') ?? null)

  async function watchCase(id: Id | null): Promise<void> {
    if (id !== caseId.value) all.value = []
    caseId.value = id
    if (id === null) return
    const found = await api.ofCase(id)
    if (caseId.value === id) all.value = found
  }

  /** Holds a conference that the server has just given, where it is of this case. */
  function keep(told: Conference): void {
    if (told.case_id !== caseId.value) return
    all.value = [told, ...all.value.filter(({ id }) => id !== told.id)].sort((a, b) => b.id - a.id)
  }

  realtime.on('changed', ({ kind, id }) => {
    if (kind !== 'conference' || caseId.value === null) return
    void api
      .one(id)
      .then(keep)
      .catch(() => undefined)
  })
  realtime.on('snapshot', () => void watchCase(caseId.value).catch(() => undefined))

  return { caseId, all, running, approved, watchCase, keep }
})
