"""How a person is asked to do something."""

from markupsafe import escape

TODO = "mail.mail_activity_data_todo"


def schedule_task(records, summary="", note="", *, user, deadline=None, kind=TODO):
    """Give a person a task about each of the records.

    :param models.Model records: of a model with activities; a context with
        ``mail_activity_quick_update`` spares the person an e-mail for each
    :param str summary: what to do, in a few words; empty: as the type of task says
    :param str note: why, in a sentence, or `Markup`
    :param res.users user: who is asked
    :param datetime.date deadline: until when; None: today
    :param str kind: external id of the type of task
    :return: the tasks
    :rtype: mail.activity
    """
    return records.activity_schedule(
        kind,
        date_deadline=deadline,
        summary=summary,
        note=escape(note),
        user_id=user.id,
    )
