/* The commands: one file each. All return the exit status. */
#ifndef TEGATA_CLI_CMD_H
#define TEGATA_CLI_CMD_H

#include "commands.h"

int cmd_check(struct cli *c);
int cmd_config_check(struct cli *c);
int cmd_register(struct cli *c);
int cmd_certonly(struct cli *c);
int cmd_plan(struct cli *c);
int cmd_run(struct cli *c);
int cmd_renew(struct cli *c);
int cmd_deploy(struct cli *c);
int cmd_status(struct cli *c);
int cmd_forecast(struct cli *c);
int cmd_history(struct cli *c);
int cmd_rollback(struct cli *c);
int cmd_entitlements(struct cli *c);
int cmd_entitlements_add(struct cli *c);
int cmd_entitlements_remove(struct cli *c);
int cmd_entitlements_renew(struct cli *c);
int cmd_entitlements_set(struct cli *c);
int cmd_entitlements_learn(struct cli *c);
int cmd_entitlements_suggest(struct cli *c);
int cmd_entitlements_advise(struct cli *c);
int cmd_notify_test(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_revoke(struct cli *c);
int cmd_version(struct cli *c);
int cmd_help(struct cli *c);

#endif
