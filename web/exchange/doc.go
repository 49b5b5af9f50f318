// Package exchange tells what is asked, offered and lent as the messages of
// EDXL-RM 1.0, so that an office with another system can be the other side, and
// reads what that office says as the commands that it amounts to.
//
// [Thread] is a pure translation of the journal: a change becomes a message, or
// none, and the same changes give the same messages with the same IDs. What came
// in from outside stands in it word for word. [Told.Read] reads one message into
// a [dispatch.LetterApply]: it carries nothing out.
//
//	request.approve            RequestResource              who asks
//	request.edit, close        the RequestResource once more, recalled as Update
//	offer.make                 ResponseToRequestResource    who offers
//	offer.order                RequisitionResource          who asks
//	offer.commit               CommitResource, Accept       who offers
//	offer.refuse               CommitResource, Decline      who offers
//	loan.advance mobilising    ReportResourceDeploymentStatus
//	loan.advance in_transit    ReportResourceDeploymentStatus, ActualDeparture
//	loan.advance on_loan       ReportResourceDeploymentStatus, ActualArrival
//	loan.ask extend, answer    RequestExtendedDeploymentDuration and its response
//	loan.ask recall, answer    RequestReturn and its response
//	loan.advance releasing     ReleaseResource
//	loan.advance returned      ReportResourceDeploymentStatus, ActualReturnArrival
//	loan.cancel by the receiver  ReleaseResource before it arrived
//	withdrawn, cancelled       the message it undoes once more, recalled as Cancel
//	letter.write               RequestInformation, RequestQuote and their responses,
//	                           OfferUnsolicitedResource, RequestResourceDeploymentStatus
//
// A request that was approved twice, after it had run out, is told once.
//
// What the standard has no word for goes along in lists of this program's own
// (urn:liandong:…), which another system passes over: the state of a loan, the
// condition of an item, the priority. Every message is understood without them.
package exchange
