// Package exchange tells what is asked, offered and lent as the messages of
// EDXL-RM 1.0, so that an office with another system can be the other side. It
// is a pure translation of the journal: a change becomes a message, or none, and
// the same changes give the same messages with the same IDs. What a reader may
// not see is not in the changes that it is given, and so not in the messages.
//
//	request.approve            RequestResource              who asks
//	offer.make                 ResponseToRequestResource    who offers
//	offer.order                RequisitionResource          who asks
//	offer.commit               CommitResource, Accept       who offers
//	offer.refuse               CommitResource, Decline      who offers
//	loan.advance in_transit    ReportResourceDeploymentStatus, ActualDeparture
//	loan.advance on_loan       ReportResourceDeploymentStatus, ActualArrival
//	loan.ask extend, answer    RequestExtendedDeploymentDuration and its response
//	loan.ask recall, answer    RequestReturn and its response
//	loan.advance releasing     ReleaseResource
//	loan.advance returned      ReportResourceDeploymentStatus, ActualReturnArrival
//	withdrawn, cancelled       the message it undoes once more, recalled as Cancel
//
// A request that was approved twice, after it had run out, is told once.
package exchange
