/* commit - what a turn staged becomes durable, and only then anybody hears of it.
 *
 *   commit_turn --begin--> in flight --outcome--> durable: onward blocks, acks, answers
 *        |                    |  '--> reads are answered, neighbours hear that this node lives
 *        '-- no room: the turn stands as it is --> commit_wait_for_space
 *
 * At most one commit is in flight, and no turn begins before its outcome is known. One that is not
 * known is settled by a barrier; one that failed stops the node, because what is there shows on
 * restart only.
 *
 * Owns: of struct node, committing, waiting_for_space, begun_ms, space_tried_ms, rows_written and
 *         leaving.
 * Thread: the loop thread. Units: *_ms is mono. After any error: stop now and acknowledge nothing
 * more. */
#ifndef TERRACE_NODE_CORE_COMMIT_H
#define TERRACE_NODE_CORE_COMMIT_H

#include "node/core/node.h"

/* Begins the commit of what node->txn holds; where nothing changed, what waits leaves at once. A
 * store without room is no error: the turn waits. Errors: ERR_IO, ERR_CORRUPT, ERR_STALE_FENCE. */
enum status commit_turn(struct node *node, struct err *err);
/* While one is in flight: asks for its outcome, and where it is still open does what needs no turn.
 * node->committing tells. Errors: ERR_IO, ERR_STALE_FENCE. */
enum status commit_step_in_flight(struct node *node, struct err *err);
/* Tries once a second again. Meanwhile what only reads is answered, and the neighbours hear that
 * this node lives; what they send is not received. Errors: as commit_turn. */
enum status commit_wait_for_space(struct node *node, struct err *err);
/* Of a node that commits nothing, because its store is damaged or full: its beat, when it is due.
 */
void commit_send_alone(struct node *node);
void commit_answer_alone(struct node *node, struct division from); /* what it received */
void commit_close(struct node *node);

#endif
