import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

/** GraphiQL has no property for the editors' options: long lines wrap, and an example fits beside its response. */
export function EditorDefaults() {
  const editors = useGraphiQL(({ queryEditor, variableEditor, headerEditor, responseEditor }) => ({
    queryEditor,
    variableEditor,
    headerEditor,
    responseEditor,
  }));
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions({ fontSize: 13, wordWrap: 'on' });
  }, [editors]);
  return null;
}
