/** What a caller may do. Each role may do everything that the roles before it may. */
export const roles = ['viewer', 'operator'] as const;

export type Role = (typeof roles)[number];

export const isRole = (text: unknown): text is Role => roles.some((role) => role === text);

/** Whether a caller with the role may do what requires another one. */
export const includesRole = (role: Role, required: Role): boolean => roles.indexOf(role) >= roles.indexOf(required);
