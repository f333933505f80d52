package segment

// DefaultPlaybookVersion is the version of [DefaultPlaybook].
const DefaultPlaybookVersion = "eleven/1"

// DefaultPlaybook returns plays for the segments of [DefaultRules] with five
// scores on each scale, to start from: who your accounts are decides what they
// need.
func DefaultPlaybook() *Playbook {
	keyManager := Labels{EN: "Key account manager", ZH: "大客户经理"}
	sales := Labels{EN: "Account executive", ZH: "客户代表"}
	inside := Labels{EN: "Inside sales", ZH: "内勤销售"}
	success := Labels{EN: "Customer success", ZH: "客户成功"}
	marketing := Labels{EN: "Marketing", ZH: "市场部"}
	return &Playbook{Schema: PlaybookSchema, Version: DefaultPlaybookVersion, Plays: []Play{
		{
			Segment: Champions, Owner: keyManager, CadenceDays: 14,
			Strategy: Labels{EN: "Protect and grow together: joint plan, first look at what is new, reference visits", ZH: "稳固并共同成长：联合规划、新品优先体验、标杆参观"},
			Service:  Labels{EN: "Named team, priority supply, executive sponsor", ZH: "专属团队、优先供货、高层对接"},
		},
		{
			Segment: Loyal, Owner: keyManager, CadenceDays: 30,
			Strategy: Labels{EN: "Widen the range they buy, reward the relation with terms rather than price cuts", ZH: "拓宽采购品类，以合作条件而非降价回馈长期关系"},
			Service:  Labels{EN: "Named contact, agreed response times", ZH: "专人对接，约定响应时限"},
		},
		{
			Segment: PotentialLoyalist, Owner: sales, CadenceDays: 30,
			Strategy: Labels{EN: "Make the next order a habit: framework agreement, complementary offers", ZH: "促成稳定复购：框架协议、互补产品推荐"},
			Service:  Labels{EN: "Named contact, help with planning", ZH: "专人对接，协助制定采购计划"},
		},
		{
			Segment: NewAccounts, Owner: success, CadenceDays: 14,
			Strategy: Labels{EN: "A good first experience, then the second order", ZH: "做好首次体验，促成第二笔订单"},
			Service:  Labels{EN: "Onboarding, check after first delivery", ZH: "入门辅导，首次交付后回访"},
		},
		{
			Segment: Promising, Owner: inside, CadenceDays: 45,
			Strategy: Labels{EN: "Find the need behind the first order and offer the next step", ZH: "挖掘首单背后的需求，提供下一步方案"},
			Service:  Labels{EN: "Standard service with guided choice", ZH: "标准服务，辅以选型建议"},
		},
		{
			Segment: NeedAttention, Owner: sales, CadenceDays: 30,
			Strategy: Labels{EN: "Ask what has changed and make a timely offer that fits it", ZH: "了解变化原因，及时提出针对性方案"},
			Service:  Labels{EN: "Standard service, complaints looked at first", ZH: "标准服务，投诉优先处理"},
		},
		{
			Segment: AboutToSleep, Owner: inside, CadenceDays: 45,
			Strategy: Labels{EN: "Remind them of what they bought and of what goes with it", ZH: "提醒既往采购并推荐关联产品"},
			Service:  Labels{EN: "Standard service, easy reordering", ZH: "标准服务，便捷再次下单"},
		},
		{
			Segment: AtRisk, Owner: sales, CadenceDays: 21,
			Strategy: Labels{EN: "Visit, find the cause of the silence, agree on a remedy", ZH: "上门拜访，查明沉默原因，商定补救措施"},
			Service:  Labels{EN: "Open issues settled before anything is offered", ZH: "先解决遗留问题，再谈合作"},
		},
		{
			Segment: CannotLose, Owner: keyManager, CadenceDays: 7,
			Strategy: Labels{EN: "Win them back in person: management calls, recovery plan with dates", ZH: "亲自挽回：管理层出面，制定有期限的挽回计划"},
			Service:  Labels{EN: "Named team and escalation path until orders resume", ZH: "专属团队与升级通道，直至恢复订单"},
		},
		{
			Segment: Hibernating, Owner: marketing, CadenceDays: 90,
			Strategy: Labels{EN: "One offer worth returning for, then wait for an answer", ZH: "提供一次有吸引力的回归方案，并等待反馈"},
			Service:  Labels{EN: "Self-service, help on request", ZH: "自助服务，按需支持"},
		},
		{
			Segment: Lost, Owner: marketing, CadenceDays: 180,
			Strategy: Labels{EN: "Learn why they left, spend no more than the answer is worth", ZH: "了解流失原因，投入不超过其价值"},
			Service:  Labels{EN: "Self-service", ZH: "自助服务"},
		},
	}}
}
