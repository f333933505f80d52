package segment

import "github.com/keyaccount/keyaccount"

// DefaultPlaybookVersion is the version of [DefaultPlaybook].
const DefaultPlaybookVersion = "eleven/1"

// DefaultPlaybook returns plays for the segments of [DefaultRules] with five
// scores on each scale, to start from: who your accounts are decides what they
// need.
func DefaultPlaybook() *Playbook {
	keyManager := keyaccount.Text{En: "Key account manager", Zh: "大客户经理"}
	sales := keyaccount.Text{En: "Account executive", Zh: "客户代表"}
	inside := keyaccount.Text{En: "Inside sales", Zh: "内勤销售"}
	success := keyaccount.Text{En: "Customer success", Zh: "客户成功"}
	marketing := keyaccount.Text{En: "Marketing", Zh: "市场部"}
	return &Playbook{Schema: PlaybookSchema, Version: DefaultPlaybookVersion, Plays: []Play{
		{
			Segment: Champions, Owner: keyManager, CadenceDays: 14,
			Strategy: keyaccount.Text{En: "Protect and grow together: joint plan, first look at what is new, reference visits", Zh: "稳固并共同成长：联合规划、新品优先体验、标杆参观"},
			Service:  keyaccount.Text{En: "Named team, priority supply, executive sponsor", Zh: "专属团队、优先供货、高层对接"},
		},
		{
			Segment: Loyal, Owner: keyManager, CadenceDays: 30,
			Strategy: keyaccount.Text{En: "Widen the range they buy, reward the relation with terms rather than price cuts", Zh: "拓宽采购品类，以合作条件而非降价回馈长期关系"},
			Service:  keyaccount.Text{En: "Named contact, agreed response times", Zh: "专人对接，约定响应时限"},
		},
		{
			Segment: PotentialLoyalist, Owner: sales, CadenceDays: 30,
			Strategy: keyaccount.Text{En: "Make the next order a habit: framework agreement, complementary offers", Zh: "促成稳定复购：框架协议、互补产品推荐"},
			Service:  keyaccount.Text{En: "Named contact, help with planning", Zh: "专人对接，协助制定采购计划"},
		},
		{
			Segment: NewAccounts, Owner: success, CadenceDays: 14,
			Strategy: keyaccount.Text{En: "A good first experience, then the second order", Zh: "做好首次体验，促成第二笔订单"},
			Service:  keyaccount.Text{En: "Onboarding, check after first delivery", Zh: "入门辅导，首次交付后回访"},
		},
		{
			Segment: Promising, Owner: inside, CadenceDays: 45,
			Strategy: keyaccount.Text{En: "Find the need behind the first order and offer the next step", Zh: "挖掘首单背后的需求，提供下一步方案"},
			Service:  keyaccount.Text{En: "Standard service with guided choice", Zh: "标准服务，辅以选型建议"},
		},
		{
			Segment: NeedAttention, Owner: sales, CadenceDays: 30,
			Strategy: keyaccount.Text{En: "Ask what has changed and make a timely offer that fits it", Zh: "了解变化原因，及时提出针对性方案"},
			Service:  keyaccount.Text{En: "Standard service, complaints looked at first", Zh: "标准服务，投诉优先处理"},
		},
		{
			Segment: AboutToSleep, Owner: inside, CadenceDays: 45,
			Strategy: keyaccount.Text{En: "Remind them of what they bought and of what goes with it", Zh: "提醒既往采购并推荐关联产品"},
			Service:  keyaccount.Text{En: "Standard service, easy reordering", Zh: "标准服务，便捷再次下单"},
		},
		{
			Segment: AtRisk, Owner: sales, CadenceDays: 21,
			Strategy: keyaccount.Text{En: "Visit, find the cause of the silence, agree on a remedy", Zh: "上门拜访，查明沉默原因，商定补救措施"},
			Service:  keyaccount.Text{En: "Open issues settled before anything is offered", Zh: "先解决遗留问题，再谈合作"},
		},
		{
			Segment: CannotLose, Owner: keyManager, CadenceDays: 7,
			Strategy: keyaccount.Text{En: "Win them back in person: management calls, recovery plan with dates", Zh: "亲自挽回：管理层出面，制定有期限的挽回计划"},
			Service:  keyaccount.Text{En: "Named team and escalation path until orders resume", Zh: "专属团队与升级通道，直至恢复订单"},
		},
		{
			Segment: Hibernating, Owner: marketing, CadenceDays: 90,
			Strategy: keyaccount.Text{En: "One offer worth returning for, then wait for an answer", Zh: "提供一次有吸引力的回归方案，并等待反馈"},
			Service:  keyaccount.Text{En: "Self-service, help on request", Zh: "自助服务，按需支持"},
		},
		{
			Segment: Lost, Owner: marketing, CadenceDays: 180,
			Strategy: keyaccount.Text{En: "Learn why they left, spend no more than the answer is worth", Zh: "了解流失原因，投入不超过其价值"},
			Service:  keyaccount.Text{En: "Self-service", Zh: "自助服务"},
		},
	}}
}
