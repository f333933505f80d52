// Package segment answers: who are our accounts, and which of them are key?
//
// A [Summary] folds transaction lines into one [Account] each. With lines l of
// an account, returns being those for which [keyaccount.Transaction.IsReturn]
// holds:
//
//	Net           = Σ amount(l) = Gross + Returns      exact, in any order
//	DaysSinceLast = day(asOf) − max day(l), l no return, in calendar days
//
// [FitRFM] finds the cuts of recency, frequency and monetary value, and
// [Model.Score] counts how many cuts c an account is beyond:
//
//	F = 1 + |{k : Orders > c_k}|,  M likewise with Net,  R = Bins − |{k : DaysSinceLast > c_k}|
//
// Equal values get equal scores, better values never worse ones, and neither
// the order of the rows, nor the IDs, nor the unit of money matters. [ABC]
// classifies by cumulative share of the positive total.
//
//	sum := segment.NewSummary(segment.SummaryOptions{Location: shanghai})
//	for tx, err := range source.Transactions(ctx, period) {
//		if err != nil {
//			return err
//		}
//		if err := sum.Add(tx); err != nil {
//			return err
//		}
//	}
//	accounts := sum.Accounts(asOf)
//	model, err := segment.FitRFM(accounts, nil)
//	if err != nil {
//		return err
//	}
//	for _, a := range accounts {
//		fmt.Println(a.ID, model.Score(a).Code())
//	}
//
// Sources:
//
//   - RFM: Hughes, Strategic Database Marketing (1994); Bult and Wansbeek,
//     Optimal Selection for Direct Mail, Marketing Science 14 (1995) 378-394.
//   - [Type7]: Hyndman and Fan, Sample Quantiles in Statistical Packages, The
//     American Statistician 50 (1996) 361-365.
//   - [MidRank]: Parzen, Quantile Probability and Statistical Data Modeling,
//     Statistical Science 19 (2004) 652-662, on the mid-distribution function.
//   - [ABC]: Dickie, ABC Inventory Analysis Shoots for Dollars Not Pennies,
//     Factory Management and Maintenance 109 (1951) 92-94.
package segment
