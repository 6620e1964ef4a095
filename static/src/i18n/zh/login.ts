export default {
  title: '登录',
  go: '登录',
  busy: '正在登录',
  notice: '仅限授权人员使用。查看举报人身份须说明理由，每次查看都会留下记录。',
  public: '公众投诉举报与查询',
  demoTitle: '演示账号',
  demoText: '点选一个账号即可填入。每个账号代表一个岗位。',
  againTitle: '登录已失效',
  againText: '请 {name} 重新输入密码。页面上未保存的内容仍在。',
  other: '换账号',
}
