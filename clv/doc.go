// Package clv answers what an account is worth, for five accounts or five
// million: how likely it is still a customer, how many orders it will place,
// what they will bring, and how sure that is.
//
// An account without a contract never says that it leaves; it only falls
// silent. A buy-till-you-die model tells silence from departure. [MBGNBD], the
// one to begin with, assumes that an active account orders at random with its
// own rate lambda, and after each order leaves for good with its own
// probability p:
//
//	lambda ~ Gamma(r, alpha),  p ~ Beta(a, b)
//	P(alive | x, t_x, T) = 1 / (1 + a/(b+x) ((alpha+T)/(alpha+t_x))^(r+x))
//
// All it needs to know of an account is its [History] (x, t_x, T): repeat
// orders, the time of the last, the age. The way through:
//
//	cal := clv.NewCalibration(clv.CalibrationOptions{})
//	err := cal.Add(tx)                           // or merge what others folded
//	table, err := cal.Counts(asOf)               // (x, t_x, T) -> n
//	fit, err := clv.FitMBGNBD(table, nil)        // parameters, standard errors
//	accounts, err := cal.Accounts(asOf)
//	fit.ProbAlive(accounts[0].History)
//	fit.ExpectedOrders(accounts[0].History, 52)  // in the next 52 weeks
//	v, err := clv.Value(fit, spend, accounts[0], clv.Economics{…})
//	v.Mean, v.Low, v.High, v.Explain
//
// # Which model
//
//   - Orders without a contract ([OrderFlow]): [MBGNBD]; [BGNBD], where nobody
//     can leave before a second order; [ParetoNBD], where accounts leave between
//     orders; [BGCNBD] and [MBGCNBD], where orders keep a rhythm; [NBD], where
//     nobody leaves; [BGBB], where orders are possible at certain times only.
//   - What an order is worth ([Spend]): [GammaGamma]; [LogNormal], where a few
//     orders are huge; [NormalSpend], for margins and months that may be
//     negative. [CorrelateSpend] tests that spend does not depend on frequency.
//   - Contracts ([ContractModel]): [SBG] and [BdW], with the dates of [Contract].
//
// [Evaluate] holds models against what came after, [CompareFits] tells whether
// accounts have come to behave otherwise.
//
// # Few accounts
//
// Too few data are an error ([ErrTooFewData], [ErrNotIdentified]), never a wild
// fit. A [Prior] is the way on: [WeakPrior] for a seller's first accounts,
// [PriorFrom] a larger fit, [FitSegments] for many small segments at once.
//
// # How sure
//
// A fit knows the covariance of its parameters ([Diagnostics]). [ForecastOrders]
// and [Value] add the chance in what one account does; [ValuePortfolio] takes
// parameters as common to all accounts, and chance as each one's own.
//
// Everything is deterministic: the same table gives the same bits, on any
// number of cores. All states are commutative monoids and go through JSON and
// bytes; a saved model is a page and knows its unit of time.
//
// # Sources
//
// Order flows: D. C. Schmittlein, D. G. Morrison, R. Colombo, Management Science
// 33 (1987) 1-24; P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your
// Customers" the Easy Way, Marketing Science 24 (2005) 275-284, and RFM and CLV,
// Journal of Marketing Research 42 (2005) 415-430; E. P. Batislam, M. Denizel, A.
// Filiztekin, International Journal of Research in Marketing 24 (2007) 201-209;
// T. Reutterer, M. Platzer, N. Schröder, ibid. 38 (2021) 194-215; P. S. Fader, B.
// G. S. Hardie, J. Shang, Marketing Science 29 (2010) 1086-1108. Spend: Fader and
// Hardie, The Gamma-Gamma Model of Monetary Value (2013), a note. Contracts: Fader
// and Hardie, How to Project Customer Retention, Journal of Interactive Marketing
// 21 (2007) 76-90, and Customer-Base Valuation in a Contractual Setting, Marketing
// Science 29 (2010) 85-93; Fader, Hardie, Y. Liu, J. Davin, T. Steenburgh, Journal
// of Interactive Marketing 43 (2018) 1-16. Forecasts: T. Gneiting, A. E. Raftery,
// Journal of the American Statistical Association 102 (2007) 359-378; J. G.
// MacKinnon, H. White, Journal of Econometrics 29 (1985) 305-325. Numerics: L. N.
// Trefethen, J. A. C. Weideman, SIAM Review 56 (2014) 385-458 (trapezoidal rule);
// J. Nocedal, S. J. Wright, Numerical Optimization (2006), chapters 3 and 4; I.
// Arasaratnam, S. Haykin, IEEE Trans. Automatic Control 54 (2009) 1254-1269; G.
// Marsaglia, Wai Wan Tsang, ACM Trans. Mathematical Software 26 (2000) 363-372; the
// Digital Library of Mathematical Functions, chapters 3, 5, 8 and 13.
package clv
