import type { Problem } from './types'

/** What the server refused, with its machine code; `status` 0 means that nothing came back. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly field: string | null
  readonly params: Record<string, unknown>

  constructor(problem: Problem) {
    super(problem.message)
    this.status = problem.status
    this.code = problem.code
    this.field = problem.field ?? null
    this.params = problem.params ?? {}
  }

  /** The request may or may not have reached the server: nothing is known. */
  get isNetwork(): boolean {
    return this.status === 0
  }
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError
}
