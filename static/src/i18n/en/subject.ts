export default {
  open: 'Registered facts',
  close: 'Hide registered facts',
  asking: 'Asking the registry…',
  again: 'Ask again',
  earlier: 'Earlier answers',
  askedBy: '{name} asked at {time}',
  fetched: 'Source: {source}, {time}',
  outcome: {
    not_found: 'The registry does not know this business.',
    timeout: 'The registry did not answer in time. Ask again later.',
    unavailable: 'The registry cannot be asked now. Ask again later.',
  },
  fact: {
    name: 'Name',
    credit_code: 'Credit code',
    address: 'Address',
    legal_representative: 'Legal representative',
    phone: 'Phone',
    scope: 'Scope of business',
    promises: 'Promises',
    service_standards: 'Service standards',
  },
}
