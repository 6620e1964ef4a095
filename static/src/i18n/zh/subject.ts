export default {
  open: '主体登记信息',
  close: '收起登记信息',
  asking: '正在查询登记信息…',
  again: '再查一次',
  earlier: '查询记录',
  askedBy: '{time} {name} 查询',
  fetched: '来源：{source}，{time}',
  outcome: {
    not_found: '登记信息中没有这个主体。',
    timeout: '登记系统超时，没有答复。稍后再查。',
    unavailable: '登记系统现在不能查询。稍后再查。',
  },
  fact: {
    name: '名称',
    credit_code: '统一社会信用代码',
    address: '地址',
    legal_representative: '法定代表人',
    phone: '电话',
    scope: '经营范围',
    promises: '企业承诺',
    service_standards: '服务标准',
  },
}
