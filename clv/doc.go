// Package clv answers what an account is worth: how likely it is still a
// customer, and how many orders it will place.
//
// An account without a contract never says that it leaves; it only falls
// silent. A buy-till-you-die model tells silence from departure. [BGNBD]
// assumes that an active account orders at random with its own rate lambda,
// and after each order leaves for good with its own probability p:
//
//	lambda ~ Gamma(r, alpha),  p ~ Beta(a, b)
//	P(alive | x, t_x, T) = 1 / (1 + [x>0] a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x))
//
// All it needs to know of an account is its [History] (x, t_x, T): repeat
// orders, the time of the last, the age. The way through:
//
//	cal := clv.NewCalibration(clv.CalibrationOptions{})
//	err := cal.Add(tx)                           // or merge what others folded
//	table, err := cal.Counts(asOf)               // (x, t_x, T) -> n
//	fit, err := clv.FitBGNBD(table, nil)         // parameters, standard errors
//	accounts, err := cal.Accounts(asOf)
//	fit.ProbAlive(accounts[0].History)
//	fit.ExpectedOrders(accounts[0].History, 52)  // in the next 52 weeks
//
// Everything is deterministic: the same table gives the same bits.
//
// Sources: P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers"
// the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science 24
// (2005) 275-284, and Computing P(alive) Using the BG/NBD Model (2008), a note;
// trapezoidal rule for analytic integrands: L. N. Trefethen, J. A. C.
// Weideman, SIAM Review 56 (2014) 385-458; damped Newton steps: J. Nocedal,
// S. J. Wright, Numerical Optimization (2006), chapters 3 and 4.
package clv
