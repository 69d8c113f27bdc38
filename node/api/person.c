#include "node/api/person.h"

bool request_person(const struct request *request, struct answer *answer, struct person *person,
                    struct sign_key *secret)
{
    memset(person, 0, sizeof *person);
    if (!session_find(request->service->sessions, request->caller.credential, person->name,
                      secret)) {
        answer_error(request, answer, API_NEEDS_LOGIN, NULL);
        return false;
    }
    person->key = secret->public;
    person->secret = secret;
    return true;
}
