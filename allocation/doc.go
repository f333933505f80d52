// Package allocation answers who gets how much of a scarce resource: hours of
// a service team, a quota of goods, a discount budget. Every account brings a
// weight, a floor it has been promised and a cap it can use.
//
// [Fill] finds the weighted max-min fair shares, the only ones in which no
// account can get more without taking from one that has less for its weight.
// They lie at one common level L of amount per weight:
//
//	share_i = clip(weight_i · L, floor_i, cap_i)      Σ share_i = pool
//
// Because floors and caps are inside the one equation, the shares can never
// add up to more than the pool. L is found exactly, in integers. Whole units
// are handed out last: every share is rounded down, and what is left goes to
// the largest remainders, so that the amounts add up to the pool to the unit.
//
//	plan, err := allocation.Fill(pool, claims, nil)
//	var bad *allocation.InfeasibleError
//	if errors.As(err, &bad) {
//		fmt.Println(bad.Explain("en"))
//	}
//	for _, l := range plan.Lines {
//		fmt.Println(l.Account, l.Amount, l.Reason.Label("en"))
//	}
//
// # Sources
//
//   - Weighted max-min fairness: Bertsekas and Gallager, Data Networks, 2nd
//     ed. 1992, section 6.5.2; with floors it is the continuous knapsack with
//     box constraints.
//   - The level by fixing accounts at their bounds: Bitran and Hax,
//     Disaggregation and resource allocation using convex knapsack problems
//     with bounded variables, Management Science 27(4), 1981; over sorted
//     breakpoints where that does not fit: Helgason, Kennington and Lall,
//     Mathematical Programming 18, 1980.
//   - Largest remainder: Hamilton's method, as in Balinski and Young, Fair
//     Representation, 2nd ed. 2001.
package allocation
